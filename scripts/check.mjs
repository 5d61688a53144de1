/** `npm run check`: everything about the code that needs no test run. The first step of CI. */
import { run, runTool } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
run('cargo', ['fmt', '--all', '--check'])
run('cargo', ['clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings'])
runTool('typescript/bin/tsc', ['-p', 'tsconfig.test.json'])
runTool('oxlint/bin/oxlint', ['--deny-warnings', 'index.ts', 'src', '__test__', 'benchmark', 'demo', 'scripts'])
run(process.execPath, ['scripts/types.mjs', '--check'])
