/**
 * `npm run look`: what a look at `aborted` of `currentTask()` costs in a thread, in ns: the least of many rounds, each of very many looks in a
 * loop that does nothing else. Whatever else the machine does only adds, so rounds are short enough to have a processor for
 * themselves, and there are more of them as long as none is below the aim. Fails if none is.
 */
import { join } from 'node:path'
import { setUp } from './setup.mjs'
import { root } from './run.mjs'

const AIM_NS = 50
const ROUNDS = 50
/** For so many ms it goes on while no round is below the aim. */
const PATIENCE_MS = 15_000
const LOOKS = 5e5

setUp()
const { ThreadPool } = await import('workpool')
const pool = ThreadPool.create({ filename: join(root, '__test__/fixtures/inside-tasks.mjs'), size: 1 })
const start = performance.now()
let least = Infinity
for (let round = 0; round < ROUNDS || (least > AIM_NS && performance.now() - start < PATIENCE_MS); round++) {
  const [cost, seen] = await pool.run(LOOKS, { name: 'look' })
  if (seen > 0) throw new Error('nobody has aborted it')
  least = Math.min(least, cost)
}
await pool.close()
console.log(`a look takes ${least.toFixed(1)} ns`)
if (least > AIM_NS) {
  console.error(`that is more than ${AIM_NS} ns`)
  process.exitCode = 1
}
