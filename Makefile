# Each target does its own set-up: a fresh clone needs Node and make, nothing else.

SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := node_modules/.bin
JEST := NODE_OPTIONS='--experimental-vm-modules --no-warnings' AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true $(BIN)/jest
SOURCES := $(shell find src -type f)
PAGES := src/console/browser
SWAGGER_UI := swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt LICENSE NOTICE
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true

.PHONY: help start test demo bench chaos check format lint types layers deadcode description licences openapi schemathesis stores faults browser infra package rehearse sdk

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

start: dist/.built ## Run Berth with SQLite and the embedded object store; prints a page, a key and a curl
	@node dist/dev/start.js

test: dist/.built ## Run the unit, contract, property and integration tests
	$(JEST) --selectProjects unit --maxWorkers=2

demo: dist/.built ## Send real files through the stack and check every step
	@node dist/dev/demo.js

check: format lint types layers deadcode description licences ## Format, lint, types, layering, dead code, the API description, licences

stores: dist/.built ## The bucket contract and an upload end to end on real MinIO and versitygw
	tests/stores/install
	$(JEST) --selectProjects stores --maxWorkers=2
	@node tests/stores/print-capabilities.mjs

browser: dist/.built ## The pages in the system's Chromium: screenshots in test-output/browser
	tests/browser/install
	$(JEST) --selectProjects browser --runInBand

sdk: dist/.built ## The SDK: its size, and the same promises on Node 20, on Node 24 and in Chromium
	tests/browser/install
	tests/sdk/install
	$(JEST) --selectProjects unit --testPathPatterns tests/client/size
	$(JEST) --selectProjects sdk --runInBand

faults: dist/.built ## Killed at every system call, full and failing disks, no descriptors, a failing object store
	tests/faults/install
	$(JEST) --selectProjects faults --runInBand

bench: dist/.built ## Figures beside peers and limits: a table, and tests/bench/bench.json (BENCH=growth: that one alone; MEMORY_UPLOADS)
	tests/stores/install
	tests/bench/install
	@rm -rf test-output/bench
	@$(JEST) --selectProjects bench --runInBand $(if $(BENCH),--testPathPatterns $(BENCH),--testPathIgnorePatterns bench/console); \
		code=$$?; node tests/bench/report.mjs && exit $$code

schemathesis: dist/.built ## The API against its description, as two tenants (SCHEMATHESIS_SECONDS, 75; SCHEMATHESIS_SEED)
	tests/schemathesis/install
	@node tests/schemathesis/run.mjs

chaos: dist/.built ## Crashes and faults under load, then an independent check (CHAOS_UPLOADS, CHAOS_SEED, CHAOS_MODE, CHAOS_PER_SECOND)
	tests/chaos/install
	@$(BIN)/tsc -p tests/chaos/tsconfig.json
	@node --enable-source-maps test-output/chaos-program/chaos/main.js

infra: package ## Every infrastructure file through its checker, and a fault planted in each
	infra/install
	infra/check
	$(JEST) --selectProjects infra --runInBand

rehearse: dist/.built ## A release packed, installed, migrated, started, verified, rolled back, as production does (PREVIOUS=its tarball)
	tests/stores/install
	$(JEST) --selectProjects rehearse --runInBand

package: dist/.built ## The npm package, checked by publint, with its SBOM (CycloneDX) and notes, in test-output/package
	@rm -rf test-output/package && mkdir -p test-output/package
	npm pack --silent --pack-destination test-output/package
	$(BIN)/publint --strict test-output/package/*.tgz
	npm sbom --omit=dev --sbom-format=cyclonedx > test-output/package/sbom.cdx.json
	@sed -n '/^## /,$$p' CHANGELOG.md | sed '2,$${/^## /,$$d}' > test-output/package/notes.md

format: node_modules/.installed ## Fail when a file is not formatted
	$(BIN)/prettier --check --log-level warn .

lint: node_modules/.installed ## ESLint with type information
	$(BIN)/eslint src tests

types: node_modules/.installed ## The TypeScript compiler, strict
	$(BIN)/tsc --noEmit
	$(BIN)/tsc --noEmit -p $(PAGES)

layers: node_modules/.installed ## Who may import whom
	$(BIN)/depcruise src tests/chaos --config .dependency-cruiser.cjs

deadcode: node_modules/.installed ## Files, exports and dependencies that nobody uses
	$(BIN)/knip

description: node_modules/.installed ## openapi.json, by redocly's strict rules
	@REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(BIN)/redocly lint --format=stylish openapi.json

# What is known of holes changes without a commit, and needs the registry: npm audit is in the workflow.
licences: node_modules/.installed ## Everything that is installed with Berth has a free licence
	$(JEST) --selectProjects unit --testPathPatterns tests/licences

openapi: dist/.built ## Write openapi.json and docs/profiles.schema.json anew, from the schemas that validate
	@node dist/dev/write-schemas.js

node_modules/.installed: package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

dist/.built: node_modules/.installed tsconfig.json tsconfig.build.json $(SOURCES)
	$(BIN)/tsc -p tsconfig.build.json
	@mkdir -p dist/console && cp src/console/*.html src/console/*.js $(PAGES)/*/*.html dist/console/ && cp src/inspect/*.js dist/inspect/
	@for page in console drop-zone; do \
	  $(BIN)/esbuild $(PAGES)/$$page/main.tsx --bundle --minify --format=esm --target=es2022 --log-level=warning --outfile=dist/console/$$page.js && \
	  $(BIN)/esbuild $(PAGES)/$$page/$$page.css --bundle --minify --log-level=warning --outfile=dist/console/$$page.css || exit 1; done
	@mkdir -p dist/console/swagger-ui && cp $(addprefix node_modules/swagger-ui-dist/,$(SWAGGER_UI)) dist/console/swagger-ui/
	@touch $@
