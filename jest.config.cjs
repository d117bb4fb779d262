/** `unit` needs nothing but Node, `stores` the real object stores; `bench` prints figures. */
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] },
}

module.exports = {
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      roots: ['<rootDir>/tests'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/tests/stores/',
        '<rootDir>/tests/bench/',
      ],
    },
    { ...common, displayName: 'stores', roots: ['<rootDir>/tests/stores'] },
    { ...common, displayName: 'bench', roots: ['<rootDir>/tests/bench'] },
  ],
}
