import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sources } from './scripts/entries.mjs'

/** The files of the parts (`src/base/parts.ts`): what they export is taken by `require`. */
const parts = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const required = readFileSync(join('src', file), 'utf8').matchAll(/require\('(\.[^']+)\.js'\)/g)
    return [...required].map(([, path]) => `${join('src', file, '..', path)}.ts`)
  })
  .filter((file) => existsSync(file))

export default {
  entry: [
    ...sources,
    ...parts,
    'src/threads/inspect/inside/entry.ts',
    'src/jobs/home/file/inside/entry.ts',
    'src/console/cli/cli.ts',
    'src/console/page/page.ts',
    '__test__/console/*.mjs',
    '__test__/jobs/servers/*.mjs',
    '__test__/prometheus/*.mjs',
    'scripts/*.mjs',
    '__test__/**/*.spec.ts',
    '__test__/{bundlers,smoke,examples}/**/*',
    '__test__/runners/**/*',
    '__test__/fixtures/**/*',
    'benchmark/**/*.mjs',
    'conformance/**/*.mjs',
    'conformance/fixtures/*',
    'demo/**/*.mjs',
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
  ignoreBinaries: ['rustup', 'gcc', 'musl-gcc', 'go', 'apt-get', 'strace', 'dpkg-deb'],
  ignoreUnresolved: [
    './loader',
    './options/multi-pool-options.js',
    './pool/pool.js',
    './console-files.js',
    './index.js',
  ],
  // They stand in for a module of Node, whose names they have.
  ignoreIssues: { 'src/base/socket-timers.ts': ['exports', 'nsExports'] },
  exclude: ['duplicates', 'enumMembers'],
}
