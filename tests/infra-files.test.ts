import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { ENVIRONMENT } from '../src/config.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'

const read = (file: string): string => readFileSync(`infra/${file}`, 'utf8')
const matches = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, found = '']) => found)),
]

/** `_bucket`, `_sum` and `_count` belong to the histogram before them. */
const PARTS = /_(bucket|sum|count)$/

async function metricNames(): Promise<Set<string>> {
  const text = await createMetrics().render()
  return new Set(matches(text, /^# TYPE (\S+) /gm))
}

describe('rules and dashboard', () => {
  it.each([
    'prometheus/berth.rules.yaml',
    'prometheus/berth.rules.test.yaml',
    'grafana/berth.json',
  ])('%s names only metrics that exist', async (file) => {
    const known = await metricNames()
    const named = matches(read(file), /\b((?:berth|nodejs|process)_[a-z0-9_]+)/g)
    const unknown = named.filter((name) => !known.has(name) && !known.has(name.replace(PARTS, '')))
    expect(unknown).toEqual([])
    expect(named.length).toBeGreaterThan(10)
  })

  it('every alert has a test in which it fires, and a heading in the runbook', () => {
    const rules = read('prometheus/berth.rules.yaml')
    const alerts = matches(rules, /- alert: (\w+)/g)
    const tested = matches(read('prometheus/berth.rules.test.yaml'), /- name: (Berth\w+) fires/g)
    expect(tested.sort()).toEqual([...alerts].sort())
    const headings = matches(readFileSync('docs/runbook.md', 'utf8'), /^## (.+)$/gm).map(anchorOf)
    const linked = matches(rules, /runbook: docs\/runbook\.md#(\S+)/g)
    expect(linked.filter((anchor) => !headings.includes(anchor))).toEqual([])
    expect(rules.match(/runbook: /g)).toHaveLength(alerts.length)
  })

  it('the dashboard has one panel for each question, and marks deployments', () => {
    const dashboard = JSON.parse(read('grafana/berth.json')) as {
      panels: { type: string; title: string }[]
      annotations: { list: { expr: string }[] }
    }
    const questions = dashboard.panels
      .filter(({ type }) => type === 'row')
      .map(({ title }) => title)
    expect(questions).toEqual([
      'Is it up?',
      'Is it slow?',
      'Are jobs failing?',
      'Did the last deployment change anything?',
    ])
    for (const question of questions) {
      const answers = dashboard.panels.filter(
        ({ type, title }) => type !== 'row' && title === question,
      )
      expect(answers).toHaveLength(1)
    }
    expect(dashboard.annotations.list[0]?.expr).toContain('berth_build_info')
  })
})

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-')

describe('what is given to Berth by the files of infra/', () => {
  const OTHERS = /^(NODE_ENV|S3_ADMIN_\w+)$/
  it.each([
    ['helm/berth/values.yaml', /^ {2}([A-Z][A-Z0-9_]+): /gm],
    ['helm/berth/templates/configmap.yaml', /^ {2}([A-Z][A-Z0-9_]+): /gm],
    ['systemd/berth.service', /^Environment=([A-Z0-9_]+)=/gm],
    ['Dockerfile', /^(?:ENV| ) ?([A-Z0-9_]+)=/gm],
  ])('%s names only variables that Berth knows', (file, pattern) => {
    const unknown = matches(read(file), pattern).filter(
      (name) => !(name in ENVIRONMENT) && !OTHERS.test(name),
    )
    expect(unknown).toEqual([])
  })

  it('compose gives each service the secrets that it names, and no file of all of them', () => {
    expect(read('compose.yaml')).not.toContain('env_file')
  })

  it('compose names only variables that Berth knows', () => {
    const [, block = ''] =
      /&berth-environment\n([\s\S]*?)\n {4}[a-z]/.exec(read('compose.yaml')) ?? []
    const names = matches(block, /^ {6}([A-Z][A-Z0-9_]+): /gm)
    expect(names.filter((name) => !(name in ENVIRONMENT))).toEqual([])
    expect(names.length).toBeGreaterThan(15)
  })
})

describe('the chart', () => {
  it('lets every path of Berth through the ingress but /metrics', () => {
    const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as { paths: object }
    const described = Object.keys(paths).map((path) => /^\/[^/]+/.exec(path)?.[0] ?? path)
    const [, list = ''] =
      /range list (.+) \}\}/.exec(read('helm/berth/templates/ingress.yaml')) ?? []
    const served = new Set([...described, '/console', '/docs'])
    served.delete('/metrics')
    expect(matches(list, /"([^"]+)"/g).sort()).toEqual([...served].sort())
  })
})

describe('the image', () => {
  it('runs as nobody in particular, on a root file system that it cannot write to, wherever it is shipped', () => {
    const last =
      read('Dockerfile')
        .split(/^FROM /m)
        .at(-1) ?? ''
    expect(matches(last, /^USER (.+)$/gm)).toEqual(['1000:1000'])
    expect(read('compose.yaml')).toMatch(
      /^x-berth: &berth$[\s\S]*?^ {2}read_only: true$[\s\S]*?^services:/m,
    )
    const chart = read('helm/berth/templates/_helpers.tpl')
    for (const line of ['runAsNonRoot: true', 'readOnlyRootFilesystem: true']) {
      expect(chart.split('\n')).toContain(line)
    }
    for (const file of ['deployments.yaml', 'migration.yaml']) {
      const template = read(`helm/berth/templates/${file}`)
      expect(template).toContain('include "berth.podSecurity"')
      expect(template).toContain('include "berth.containerSecurity"')
    }
  })
})
