/**
 * Does the cost per task grow with the number of waiting tasks?
 *
 * 10,000, 100,000 and 1,000,000 tasks are submitted at once to a pool of 100, so nearly all of them wait. Whatever holds that
 * many things pays the garbage collector for it, so the yardstick holds as much with nothing but the language: for each task a
 * promise with its resolver and a closure in an array, run in order, as many at a time as the pool has workers.
 *
 * All sizes time the same number of tasks (a hundred runs of 10,000 against one of 1,000,000), so that each pays for
 * the collections its garbage causes.
 */

const SIZES = [10_000, 100_000, 1_000_000]
const CONCURRENCY = 100

const task = async () => {}

/** @param {number} tasks */
function holdBare(tasks) {
  /** @type {((() => Promise<void>) | undefined)[]} */
  const waiting = []
  const hold = (/** @type {(result: Promise<void>) => void} */ resolve) => {
    waiting.push(() => {
      const result = task()
      resolve(result)
      return result
    })
  }
  const promises = Array.from({ length: tasks }, () => new Promise(hold))

  let next = 0
  const runInOrder = async () => {
    while (next < tasks) {
      const start = /** @type {() => Promise<void>} */ (waiting[next])
      waiting[next++] = undefined // let go of what has started, as a queue does
      await start()
    }
  }
  for (let i = 0; i < CONCURRENCY; i++) void runInOrder()
  return Promise.all(promises)
}

/** @param {number} tasks */
const nameOf = (tasks) => `${tasks.toLocaleString('en')} waiting`

/** @param {number} tasks */
function bareCase(tasks) {
  return { name: `bare, ${nameOf(tasks)}`, tasks, load: async () => () => ({ settled: holdBare(tasks) }) }
}

/** @param {number} tasks */
function workpoolCase(tasks) {
  return {
    name: `workpool, ${nameOf(tasks)}`,
    tasks,
    load: async () => {
      const { Pool } = await import('workpool')
      return () => {
        const pool = Pool.create({ size: CONCURRENCY })
        const promises = Array.from({ length: tasks }, () => pool.submit(task))
        return { settled: Promise.all(promises), close: () => pool.close() }
      }
    },
  }
}

export const cases = SIZES.flatMap((tasks) => [bareCase(tasks), workpoolCase(tasks)])

export const title = 'Cost per task against the number of waiting tasks'
export const full = { rounds: 5, warmupTasks: 300_000, timedTasks: 1_000_000 }
export const quick = { rounds: 1, warmupTasks: 100_000, timedTasks: 500_000 }

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function table(summaries) {
  const rows = ['bare', 'workpool'].map((side) => {
    const sizes = SIZES.map((tasks) => /** @type {any} */ (summaries.get(`${side}, ${nameOf(tasks)}`)))
    return [
      side === 'bare' ? 'bare promises and closures' : side,
      ...sizes.map(
        (summary) => `${summary.medianNs.toFixed(0)} (${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)})`,
      ),
      growth(summaries, side).toFixed(2),
      sizes.at(-1).peakRssMb.toFixed(0),
    ]
  })
  return { head: ['ns per task (min – max)', ...SIZES.map(nameOf), 'growth', 'peak RSS MB at the most'], rows }
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries @param {string} side */
function growth(summaries, side) {
  const [fewest, most] = [SIZES[0], SIZES.at(-1)].map((tasks) =>
    summaries.get(`${side}, ${nameOf(/** @type {number} */ (tasks))}`),
  )
  return /** @type {any} */ (most).medianNs / /** @type {any} */ (fewest).medianNs
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function contests(summaries) {
  return SIZES.map((tasks) => ({
    label: nameOf(tasks),
    unit: 'ns per task',
    own: 'workpool',
    entries: ['workpool', 'bare'].map((side) => {
      const { medianNs } = /** @type {any} */ (summaries.get(`${side}, ${nameOf(tasks)}`))
      return { name: side, value: medianNs, isYardstick: side === 'bare' }
    }),
  }))
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function aims(summaries) {
  const ours = growth(summaries, 'workpool')
  const bare = growth(summaries, 'bare')
  const measured = `${ours.toFixed(2)}× against ${bare.toFixed(2)}×`
  return [
    {
      aim: 'workpool: cost per task grows no more than that of bare promises and closures',
      measured,
      met: ours <= bare,
    },
  ]
}
