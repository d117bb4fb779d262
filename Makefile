# Each target does its own set-up: a fresh clone needs Node and make, nothing else.

SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := node_modules/.bin
JEST := NODE_OPTIONS='--experimental-vm-modules --no-warnings' AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true $(BIN)/jest
SOURCES := $(shell find src -type f)
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true

.PHONY: help start test demo bench chaos check format lint types layers deadcode stores faults infra package

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

start: dist/.built ## Run Berth with SQLite and the embedded object store; prints a page, a key and a curl
	@node dist/dev/start.js

test: dist/.built ## Run the unit, contract, property and integration tests
	$(JEST) --selectProjects unit

demo: dist/.built ## Send real files through the stack and check every step
	@node dist/dev/demo.js

check: format lint types layers deadcode ## Format, lint, types, layering, dead code

stores: dist/.built ## The bucket contract and an upload end to end on real MinIO and versitygw
	tests/stores/install
	$(JEST) --selectProjects stores --runInBand
	@node tests/stores/print-capabilities.mjs

faults: dist/.built ## Killed at every system call, full and failing disks, no descriptors, a failing object store
	tests/faults/install
	$(JEST) --selectProjects faults --runInBand

bench: dist/.built ## Figures: event intake, verification of 1 GiB, memory over 10,000 uploads (MEMORY_UPLOADS)
	tests/stores/install
	$(JEST) --selectProjects bench --runInBand

chaos: dist/.built ## Crashes and faults under load, then an independent check (CHAOS_UPLOADS, CHAOS_SEED, CHAOS_MODE)
	tests/chaos/install
	@$(BIN)/tsc -p tests/chaos/tsconfig.json
	@node --enable-source-maps test-output/chaos-program/chaos/main.js

infra: node_modules/.installed ## Every infrastructure file through its checker, and a fault planted in each
	infra/install
	infra/check
	$(JEST) --selectProjects infra --runInBand

package: dist/.built ## The npm package, checked by publint, with its SBOM (CycloneDX) and notes, in test-output/package
	@rm -rf test-output/package && mkdir -p test-output/package
	npm pack --silent --pack-destination test-output/package
	npm exec --yes --package=publint@0.3.25 -- publint --strict test-output/package/*.tgz
	npm sbom --omit=dev --sbom-format=cyclonedx > test-output/package/sbom.cdx.json
	@sed -n '/^## /,$$p' CHANGELOG.md | sed '2,$${/^## /,$$d}' > test-output/package/notes.md

format: node_modules/.installed ## Fail when a file is not formatted
	$(BIN)/prettier --check --log-level warn .

lint: node_modules/.installed ## ESLint with type information
	$(BIN)/eslint src tests

types: node_modules/.installed ## The TypeScript compiler, strict
	$(BIN)/tsc --noEmit

layers: node_modules/.installed ## Who may import whom
	$(BIN)/depcruise src tests/chaos --config .dependency-cruiser.cjs

deadcode: node_modules/.installed ## Files, exports and dependencies that nobody uses
	$(BIN)/knip

node_modules/.installed: package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

dist/.built: node_modules/.installed tsconfig.json tsconfig.build.json $(SOURCES)
	$(BIN)/tsc -p tsconfig.build.json
	@mkdir -p dist/console && cp src/console/*.html src/console/*.css src/console/*.js dist/console/ && cp src/inspect/*.js dist/inspect/
	@touch $@
