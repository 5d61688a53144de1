/**
 * `npm run look`: what a look at `aborted` of `currentTask()` costs in a thread, in ns: the least of some rounds, each of very many
 * looks in a loop that does nothing else. Fails above the aim.
 */
import { join } from 'node:path'
import { setUp } from './setup.mjs'
import { root } from './run.mjs'

const AIM_NS = 50
const ROUNDS = 10
const LOOKS = 1e7

setUp()
const { ThreadPool } = await import('workpool')
const pool = ThreadPool.create({ filename: join(root, '__test__/fixtures/inside-tasks.mjs'), size: 1 })
const costs = []
for (let round = 0; round < ROUNDS; round++) {
  const [cost, seen] = await pool.run(LOOKS, { name: 'look' })
  if (seen > 0) throw new Error('nobody has aborted it')
  costs.push(cost)
}
await pool.close()
const least = Math.min(...costs)
console.log(`a look takes ${least.toFixed(1)} ns`)
if (least > AIM_NS) {
  console.error(`that is more than ${AIM_NS} ns`)
  process.exitCode = 1
}
