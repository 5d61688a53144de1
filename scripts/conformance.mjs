import { run } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
run(process.execPath, ['conformance/main.mjs', ...process.argv.slice(2)])
