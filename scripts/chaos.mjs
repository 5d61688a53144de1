/**
 * `npm run chaos [-- --seconds 60 --isolates 2 --seed 1]`: thread pools under fast, slow, spinning, failing, exiting, hungry, aborted
 * and timed-out tasks while they are tuned. Prints what happened; fails if a promise did not settle as it may.
 */
import { spawnSync } from 'node:child_process'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
const chaos = spawnSync(process.execPath, ['__test__/fixtures/chaos.mjs', ...process.argv.slice(2)], {
  cwd: root,
  encoding: 'utf8',
})
process.stdout.write(chaos.stdout)
process.stderr.write(chaos.stderr)
const problems = chaos.status === 0 ? JSON.parse(chaos.stdout).problems : ['it did not end by itself']
if (problems.length > 0) process.exitCode = 1
