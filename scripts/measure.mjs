/**
 * `npm run measure`: what `measure: true` adds to a task on its whole way, in ns of processor time, for closures: the median of
 * the differences between rounds in turn. Fails above the aim.
 */
import { setUp } from './setup.mjs'

const AIM_NS = 80
const ROUNDS = 61
const TASKS = 50_000

setUp()
const { Pool } = await import('workpool')

/** So many tasks at a time are submitted, and wait for one another. */
async function waitInRounds(pool, count) {
  for (let done = 0; done < TASKS; done += count) {
    const tasks = []
    for (let i = 0; i < count; i++) tasks.push(pool.submit(async () => i))
    await Promise.all(tasks)
  }
}

const ways = {
  'submit and end at once': async (pool) => {
    for (let i = 0; i < TASKS; i++) pool.submit(() => i)
  },
  'submit and await': async (pool) => {
    for (let i = 0; i < TASKS; i++) await pool.submit(async () => i)
  },
  'wait behind others': (pool) => waitInRounds(pool, 500),
  'wait behind 50,000': (pool) => waitInRounds(pool, TASKS),
}

/** ns of processor time per task: others on the machine would be in any other. */
async function time(run, pool) {
  globalThis.gc?.()
  const before = process.cpuUsage()
  await run(pool)
  const { user, system } = process.cpuUsage(before)
  await pool.drain()
  return ((user + system) * 1e3) / TASKS
}

const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1]

for (const [way, run] of Object.entries(ways)) {
  const [without, measured] = [Pool.create({ size: 8 }), Pool.create({ size: 8, measure: true })]
  const pairs = []
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the other.
    const order = round % 2 === 0 ? [without, measured] : [measured, without]
    const times = new Map()
    for (const pool of order) times.set(pool, await time(run, pool))
    pairs.push([times.get(without), times.get(measured)])
  }
  const more = median(pairs.map(([plain, timed]) => timed - plain))
  console.log(
    `${way}: ${median(pairs.map(([plain]) => plain)).toFixed(0)} ns a task, measured ${more.toFixed(0)} ns more`,
  )
  if (more > AIM_NS) {
    console.error(`that is more than ${AIM_NS} ns`)
    process.exitCode = 1
  }
}
