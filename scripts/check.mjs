/** `npm run check`: everything about the code that needs no test run. The first step of CI. */
import { sources } from './entries.mjs'
import { run, runTool } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
run('cargo', ['fmt', '--all', '--check'])
runTool('oxfmt/bin/oxfmt', ['--check', '.'])
run(process.execPath, ['scripts/abi.mjs', '--check'])
run('cargo', ['clippy', '--workspace', '--quiet', '--', '-D', 'warnings'])
// The addon has no tests of its own: without Node its functions would all be unused.
run('cargo', [
  'clippy',
  '-p',
  'workpool-core',
  '-p',
  'workpool-mailbox',
  '--all-targets',
  '--quiet',
  '--',
  '-D',
  'warnings',
])
runTool('typescript/bin/tsc', ['-p', 'tsconfig.test.json'])
runTool('typescript/bin/tsc', ['-p', 'src/console/page/tsconfig.json'])
const linted = [...sources, 'src', '__test__', 'benchmark', 'conformance', 'demo', 'scripts']
runTool('oxlint/bin/oxlint', ['--deny-warnings', '--ignore-pattern', '**/syntax-error.mjs', ...linted])
// No two files of a crate use each other.
run(process.execPath, ['scripts/rust-arrows.mjs'])
// Every rule that `npm run mutants` breaks is still where it looks for it.
run(process.execPath, ['scripts/mutants.mjs', '--check'])
// Which folder may import which.
runTool('dependency-cruiser/bin/dependency-cruise.mjs', ['--config', '.dependency-cruiser.mjs', ...sources, 'src'])
run(process.execPath, ['scripts/types.mjs', '--check'])
run(process.execPath, ['scripts/links.mjs'])
