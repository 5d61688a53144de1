/**
 * What does it cost to put several pools behind one face?
 *
 * 100,000 no-op async closures, over 4 pools of 64 and over one pool of 256. Once as a service does that is not
 * overloaded: 256 at a time, so every task is taken by the pool that is named for it. And once all at once, so that
 * nearly every task is declined by all pools before it waits in one.
 */

const TASKS = 100_000
const POOLS = 4
const SIZE = 64

const task = async () => {}

/** @typedef {{ submit: (task: () => Promise<void>) => Promise<unknown>, close: () => Promise<unknown> }} Pool */

/** @param {Pool} pool */
const submitAll = (pool) => Promise.all(Array.from({ length: TASKS }, () => pool.submit(task)))

/** @param {Pool} pool */
async function submitWithRoom(pool) {
  for (let left = TASKS; left > 0; left -= POOLS * SIZE) {
    await Promise.all(Array.from({ length: Math.min(left, POOLS * SIZE) }, () => pool.submit(task)))
  }
}

/**
 * @param {string} name
 * @param {(pool: Pool) => Promise<unknown>} submit
 * @param {(workpool: typeof import('workpool')) => Pool} create
 */
function over(name, submit, create) {
  return {
    name,
    tasks: TASKS,
    load: async () => {
      const workpool = await import('workpool')
      return () => {
        const pool = create(workpool)
        return { settled: submit(pool), close: () => pool.close() }
      }
    },
  }
}

const STRATEGIES = /** @type {const} */ (['round-robin', 'least-tasks', 'smart-round-robin', 'weighted-least-tasks'])
const LOADS = /** @type {[string, (pool: Pool) => Promise<unknown>][]} */ ([
  ['with room', submitWithRoom],
  ['all at once', submitAll],
])

export const cases = LOADS.flatMap(([load, submit]) => [
  over(`one pool, ${load}`, submit, ({ Pool }) => Pool.create({ size: POOLS * SIZE })),
  ...STRATEGIES.map((strategy) =>
    over(`${strategy}, ${load}`, submit, ({ MultiPool }) => MultiPool.create({ pools: POOLS, size: SIZE, strategy })),
  ),
])

const pools = `${POOLS} pools of ${SIZE} and over one of ${POOLS * SIZE}`
export const title = `${TASKS.toLocaleString('en')} no-op async closures over ${pools}`
export const full = { rounds: 7, warmupTasks: 300_000, timedTasks: 400_000 }
export const quick = { rounds: 1, warmupTasks: 100_000, timedTasks: 200_000 }

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function table(summaries) {
  const rows = [...summaries.values()].map((summary) => [
    summary.name,
    summary.medianNs.toFixed(0),
    `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
    timesOne(summaries, summary.name).toFixed(2),
    summary.cpuNs.toFixed(0),
  ])
  return { head: ['case', 'ns per task', 'min – max', '× one pool', 'CPU ns per task'], rows }
}

/**
 * How many times as much as one pool under the same load.
 *
 * @param {Map<string, import('./rounds.mjs').Summary>} summaries
 * @param {string} name
 */
function timesOne(summaries, name) {
  const ns = (/** @type {string} */ of) => /** @type {any} */ (summaries.get(of)).medianNs
  return ns(name) / ns(`one pool, ${name.split(', ')[1]}`)
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function contests(summaries) {
  return LOADS.map(([load]) => ({
    label: load,
    unit: 'ns per task',
    own: 'round-robin',
    entries: [...summaries.values()]
      .filter(({ name }) => name.endsWith(load))
      .map(({ name, medianNs }) => ({ name: name.slice(0, -load.length - 2), value: medianNs, isYardstick: true })),
  }))
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function aims(summaries) {
  const atMost = (/** @type {string} */ name, /** @type {number} */ factor) => {
    const ratio = timesOne(summaries, name)
    return { aim: `${name}: at most ${factor}× one pool`, measured: `${ratio.toFixed(2)}×`, met: ratio <= factor }
  }
  return [atMost('round-robin, with room', 1.25), atMost('round-robin, all at once', 2)]
}
