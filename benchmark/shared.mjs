/**
 * What does it cost to share one pool between isolates, and does each get its share?
 *
 * No-op async closures through a pool of 100: from the main thread alone, in a pool of its own and in a shared one; from two
 * isolates; from four. Each isolate keeps 200 tasks under way, so the pool is full and most tasks are handed from one isolate to
 * another. The run ends when so many have completed, whoever completed them; a fair pool gives every isolate as many.
 *
 * Time is that of the whole run over all tasks; processor time is that of all threads. With more isolates than cores the time
 * is that of the machine's scheduler as well.
 */
import { Worker } from 'node:worker_threads'

const TASKS = 100_000
const CONCURRENCY = 100
const UNDER_WAY = 200

const task = async () => {}

/** Cells that all isolates see: how many tasks have been done, then the count of each. @typedef {Int32Array} Cells */
const DONE = 0
const COUNTS = 1

/**
 * Pushes tasks until all isolates together have completed enough.
 *
 * @param {{ submit: (task: () => Promise<void>) => Promise<void> }} pool
 * @param {Cells} cells
 * @param {number} own
 * @param {number} tasks
 */
export function push(pool, cells, own, tasks) {
  const loop = async () => {
    do {
      await pool.submit(task)
      Atomics.add(cells, COUNTS + own, 1)
    } while (Atomics.add(cells, DONE, 1) < tasks - 1)
  }
  return Promise.all(Array.from({ length: UNDER_WAY }, loop))
}

/** What a thread runs: it takes part in every run that it is sent the cells of. */
const THREAD = `
  const { parentPort, workerData: { module, own, tasks } } = require('node:worker_threads')
  Promise.all([import(module), import('workpool')]).then(([{ push, createShared }, { Pool }]) => {
    const pool = createShared(Pool)
    parentPort.on('message', async (cells) => {
      await push(pool, cells, own, tasks)
      parentPort.postMessage('done')
    })
    parentPort.postMessage('ready')
  })`

/** @param {typeof import('workpool').Pool} Pool */
export const createShared = (Pool) => Pool.create({ name: 'benchmark', shared: true, size: CONCURRENCY })

/** @param {import('node:worker_threads').Worker} thread */
const answer = (thread) => new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject))

/** @param {number} count */
async function startThreads(count) {
  const threads = Array.from({ length: count }, (_, i) => {
    const workerData = { module: import.meta.url, own: i + 1, tasks: TASKS }
    return new Worker(THREAD, { eval: true, workerData })
  })
  await Promise.all(threads.map(answer))
  for (const thread of threads) thread.unref()
  return threads
}

/** @param {string} name @param {number} isolates @param {boolean} isShared */
function sharedCase(name, isolates, isShared = true) {
  return {
    name,
    tasks: TASKS,
    load: async () => {
      const { Pool } = await import('workpool')
      const pool = isShared ? createShared(Pool) : Pool.create({ size: CONCURRENCY })
      const threads = await startThreads(isolates - 1)
      return () => {
        const cells = new Int32Array(new SharedArrayBuffer(4 * (COUNTS + isolates)))
        const answers = threads.map((thread) => {
          thread.ref()
          const answered = answer(thread)
          thread.postMessage(cells)
          return answered.finally(() => thread.unref())
        })
        const settled = Promise.all([push(pool, cells, 0, TASKS), ...answers])
        const fairness = () => {
          const shares = [...cells.subarray(COUNTS)]
          return Math.min(...shares) / Math.max(...shares)
        }
        return { settled, fairness }
      }
    },
  }
}

const OWN = 'own pool, 1 isolate'
/** @param {number} isolates */
const nameOf = (isolates) => `shared pool, ${isolates} ${isolates === 1 ? 'isolate' : 'isolates'}`
const ISOLATES = [1, 2, 4]

export const cases = [sharedCase(OWN, 1, false), ...ISOLATES.map((isolates) => sharedCase(nameOf(isolates), isolates))]

export const title = `${TASKS.toLocaleString('en')} no-op async closures through one pool of ${CONCURRENCY}, from several isolates`
export const full = { rounds: 5, warmupTasks: 300_000, timedTasks: 1_000_000 }
export const quick = { rounds: 2, warmupTasks: 100_000, timedTasks: 200_000 }

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function table(summaries) {
  const own = /** @type {any} */ (summaries.get(OWN)).medianNs
  const rows = [...summaries.values()].map((summary) => [
    summary.name,
    summary.medianNs.toFixed(0),
    `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
    (summary.medianNs / own).toFixed(2),
    summary.cpuNs.toFixed(0),
    /** @type {number} */ (summary.fairness).toFixed(2),
    summary.peakRssMb.toFixed(0),
  ])
  return {
    head: ['case', 'ns per task', 'min – max', '× own pool', 'CPU ns per task', 'least / most share', 'peak RSS MB'],
    rows,
  }
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function contests(summaries) {
  const entries = [...summaries.values()].map(({ name, medianNs }) => ({
    name,
    value: medianNs,
    isYardstick: name === OWN,
  }))
  return [{ label: 'shared between isolates', unit: 'ns per task', own: 'shared pool', entries }]
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function aims(summaries) {
  const of = (/** @type {string} */ name) => /** @type {any} */ (summaries.get(name))
  const price = of(nameOf(1)).medianNs / of(OWN).medianNs
  const shares = ISOLATES.slice(1).map((isolates) => of(nameOf(isolates)).fairness)
  const least = Math.min(...shares)
  return [
    {
      aim: 'a pool that is shared, but used by one isolate: at most 1.1× the cost of one that is not',
      measured: `${price.toFixed(2)}×`,
      met: price <= 1.1,
    },
    {
      aim: 'every isolate gets at least 0.8 of what the luckiest one gets, in every run',
      measured: least.toFixed(2),
      met: least >= 0.8,
    },
  ]
}
