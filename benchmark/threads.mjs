/**
 * What does it cost to have a function called in a thread?
 *
 * One thread that gives back what it gets. Every pool is used the way its README shows, with its defaults; piscina also
 * with 64 tasks per worker, without which it never has a second task at hand. The floor is a bare `worker_threads` port with a
 * map of promises: no queue, no errors, no limits.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

const FILE = new URL('echo.cjs', import.meta.url)
const TASKS = 50_000
const IN_FLIGHT = 64

/** @typedef {{ run: (value: unknown) => Promise<unknown>, hold?: () => void, letGo?: () => void }} Threads */

/** @type {Record<string, () => Promise<Threads>>} */
const LIBRARIES = {
  workpool: async () => {
    const { ThreadPool } = await import('workpool')
    const pool = ThreadPool.create({ filename: FILE, size: 1 })
    return { run: (value) => pool.run(value) }
  },
  piscina: async () => {
    const { Piscina } = await import('piscina')
    const pool = new Piscina({ filename: FILE.href, minThreads: 1, maxThreads: 1 })
    return { run: (value) => pool.run(value) }
  },
  'piscina, tuned': async () => {
    const { Piscina } = await import('piscina')
    const pool = new Piscina({ filename: FILE.href, minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: 64 })
    return { run: (value) => pool.run(value) }
  },
  'bare port': async () => {
    const worker = new Worker(fileURLToPath(FILE), { workerData: 'bare port' })
    /** @type {((value: unknown) => void)[]} */
    const waiting = []
    // Answers come in the order of the questions.
    worker.on('message', (value) => waiting.shift()?.(value))
    const run = (/** @type {unknown} */ value) =>
      new Promise((resolve) => {
        waiting.push(resolve)
        worker.postMessage(value)
      })
    // Pools know when they keep the process alive; a port has to be told.
    return { run, hold: () => worker.ref(), letGo: () => worker.unref() }
  },
}

/** @type {Record<string, unknown>} */
const VALUES = { number: 1, '{a,b}': { a: 1, b: 2 } }

/** @type {Record<string, (threads: Threads, value: unknown, tasks: number) => Promise<unknown>>} */
const LOADS = {
  'one by one': async ({ run }, value, tasks) => {
    for (let i = 0; i < tasks; i++) await run(value)
  },
  [`${IN_FLIGHT} in flight`]: ({ run }, value, tasks) => {
    let started = 0
    const lane = async () => {
      while (started++ < tasks) await run(value)
    }
    return Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  },
  'all at once': ({ run }, value, tasks) => Promise.all(Array.from({ length: tasks }, () => run(value))),
}

/** @type {[load: string, value: string][]} */
const QUESTIONS = [
  ['one by one', '{a,b}'],
  [`${IN_FLIGHT} in flight`, 'number'],
  [`${IN_FLIGHT} in flight`, '{a,b}'],
  ['all at once', '{a,b}'],
]

/** @param {string} library @param {string} load @param {string} value */
const nameOf = (library, load, value) => `${library}; ${load}, ${value}`

export const cases = QUESTIONS.flatMap(([load, value]) =>
  Object.keys(LIBRARIES).map((library) => ({
    name: nameOf(library, load, value),
    tasks: TASKS,
    load: async () => {
      // The thread is there before the clock starts: what a start costs is another question.
      const threads = await LIBRARIES[library]()
      await threads.run(VALUES[value])
      threads.letGo?.()
      return () => {
        threads.hold?.()
        const settled = LOADS[load](threads, VALUES[value], TASKS)
        return { settled, close: async () => threads.letGo?.() }
      }
    },
  })),
)

export const title = `${TASKS.toLocaleString('en')} calls of a function in one thread that does nothing`
export const full = { rounds: 5, warmupTasks: 50_000, timedTasks: 100_000 }
export const quick = { rounds: 2, warmupTasks: 50_000, timedTasks: 50_000 }

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function table(summaries) {
  const rows = QUESTIONS.flatMap(([load, value]) =>
    Object.keys(LIBRARIES).map((library) => {
      const summary = /** @type {import('./rounds.mjs').Summary} */ (summaries.get(nameOf(library, load, value)))
      const own = /** @type {import('./rounds.mjs').Summary} */ (summaries.get(nameOf('workpool', load, value)))
      return [
        `${load}, ${value}`,
        library,
        summary.medianNs.toFixed(0),
        `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
        (summary.medianNs / own.medianNs).toFixed(2),
        summary.cpuNs.toFixed(0),
        summary.peakRssMb.toFixed(0),
      ]
    }),
  )
  return { head: ['load', 'library', 'ns per task', 'min – max', '× workpool', 'CPU ns per task', 'peak RSS MB'], rows }
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function aims(summaries) {
  /** @param {number} factor @param {string} library @param {string} load @param {string} value */
  const atLeast = (factor, library, load, value) => {
    const of = (/** @type {string} */ name) => /** @type {any} */ (summaries.get(nameOf(name, load, value))).medianNs
    const ratio = of(library) / of('workpool')
    return { aim: `${load}, ${value}: at least ${factor}× ${library}`, measured: `${ratio.toFixed(2)}×`, met: ratio >= factor }
  }
  const flight = `${IN_FLIGHT} in flight`
  return [
    atLeast(20, 'piscina', flight, '{a,b}'),
    atLeast(6, 'piscina, tuned', flight, '{a,b}'),
    atLeast(2, 'bare port', flight, '{a,b}'),
    atLeast(50, 'piscina', flight, 'number'),
    atLeast(5, 'bare port', flight, 'number'),
    atLeast(15, 'piscina', 'all at once', '{a,b}'),
    atLeast(5, 'piscina', 'one by one', '{a,b}'),
  ]
}
