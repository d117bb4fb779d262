/** `unit` needs nothing but Node, `stores` the real object stores, `faults` strace, `browser` Chromium, `sdk` that and two
 * versions of Node, `infra` its checkers, `rehearse` the stores; `bench` prints figures. */
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] },
}

module.exports = {
  testTimeout: 30_000,
  // What test files leave behind adds up; a worker that holds more is replaced between two of them.
  workerIdleMemoryLimit: '1GB',
  // No secret in any log line or error body, and every answer as it is described.
  globalSetup: '<rootDir>/tests/support/spoken-start.mjs',
  globalTeardown: '<rootDir>/tests/support/spoken-end.mjs',
  projects: [
    {
      ...common,
      displayName: 'unit',
      roots: ['<rootDir>/tests'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/tests/stores/',
        '<rootDir>/tests/bench/',
        '<rootDir>/tests/faults/',
        '<rootDir>/tests/browser/',
        '<rootDir>/tests/infra/',
        '<rootDir>/tests/rehearse/',
        '<rootDir>/tests/sdk/',
      ],
    },
    { ...common, displayName: 'stores', roots: ['<rootDir>/tests/stores'] },
    { ...common, displayName: 'faults', roots: ['<rootDir>/tests/faults'] },
    { ...common, displayName: 'browser', roots: ['<rootDir>/tests/browser'] },
    { ...common, displayName: 'infra', roots: ['<rootDir>/tests/infra'] },
    { ...common, displayName: 'rehearse', roots: ['<rootDir>/tests/rehearse'] },
    { ...common, displayName: 'sdk', roots: ['<rootDir>/tests/sdk'] },
    {
      ...common,
      displayName: 'bench',
      roots: ['<rootDir>/tests/bench'],
      setupFilesAfterEnv: ['<rootDir>/tests/bench/set-up.ts'],
    },
  ],
}
