/**
 * `npm run stress [-- --tasks 250000 --isolates 4 --seconds 300 --seed 1]`: many tasks of every kind from several isolates
 * through one shared pool. Fails if a promise does not settle as it should, or if the pool's numbers do not add up.
 */
import { run } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
run(process.execPath, ['__test__/fixtures/stress.mjs', ...process.argv.slice(2)])
