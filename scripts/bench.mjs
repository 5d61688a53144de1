import { run } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
run(process.execPath, ['benchmark/main.mjs', ...process.argv.slice(2)])
