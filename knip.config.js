import { sources } from './scripts/entries.mjs'

export default {
  entry: [
    ...sources,
    'scripts/*.mjs',
    '__test__/**/*.spec.ts',
    '__test__/{bundlers,smoke,examples}/**/*',
    '__test__/runners/**/*',
    '__test__/fixtures/**/*',
    'benchmark/**/*.mjs',
    'conformance/**/*.mjs',
    'conformance/fixtures/*',
    'demo/*.mjs',
  ],
  project: ['src/**', 'scripts/**', '__test__/**', 'benchmark/**', 'conformance/**', 'demo/**'],
  ignoreDependencies: [
    '@napi-rs/cli',
    'dts-bundle-generator',
    'oxlint',
    'abort-controller',
    'dependency-cruiser',
    'sinon',
    'vitest',
  ],
  ignoreBinaries: ['rustup', 'gcc', 'musl-gcc', 'go'],
  ignoreUnresolved: ['./loader', './options/multi-pool-options.js', './pool/pool.js'],
  // They stand in for a module of Node, whose names they have.
  ignoreIssues: { 'src/base/socket-timers.ts': ['exports', 'nsExports'] },
  exclude: ['duplicates', 'enumMembers'],
}
