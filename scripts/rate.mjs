/**
 * `npm run rate [-- --tasks 100000 --limit 1000 --interval 50 --isolates 4 --seconds 60]`: very many tasks under a rate, by the machine's clock,
 * from one isolate and from four that share the pool. Fails if a task starts before the rate allows, or never.
 */
import { run } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
const given = process.argv.slice(2)
for (const isolates of given.includes('--isolates')
  ? [[]]
  : [
      ['--isolates', '1'],
      ['--isolates', '4'],
    ])
  run(process.execPath, ['__test__/fixtures/rate.mjs', '--interval', '50', ...isolates, ...given])
