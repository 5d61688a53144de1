/**
 * Who runs functions in threads, each behind the same face.
 *
 * Every pool is used the way its README shows: once with its defaults, but for the number of threads, and once with the settings that
 * made it fastest in these questions. The floor is a bare `worker_threads` port with an
 * array of promises: no queue, no errors, no limits.
 *
 * Tried, and no faster, so not here: more than 64 tasks per thread, piscina's `atomics: 'async'` and `'disabled'`, tinypool's
 * `useAtomics: false`, poolifier's least used thread and its queue with 64 tasks per thread.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * @typedef {object} Threads
 * @property {(argument: any) => PromiseLike<any>} run
 * @property {(argument: any, transfer: any[]) => PromiseLike<any>} move as `run`, its argument moved and not copied
 * @property {(argument: any) => { result: PromiseLike<any>, abort: () => void }} runAbortable
 */
/** @typedef {{ task: string, threads: number }} Demand */

/** What none of these questions asks of one of them. */
const unasked = () => {
  throw new Error('not asked')
}

const urlOf = (/** @type {string} */ task) => new URL(`tasks/${task}.mjs`, import.meta.url).href
const entryOf = (/** @type {string} */ library) => fileURLToPath(new URL(`entries/${library}.mjs`, import.meta.url))

/**
 * @param {(signal: AbortSignal) => PromiseLike<any>} run
 */
function abortable(run) {
  const controller = new AbortController()
  return { result: run(controller.signal), abort: () => controller.abort() }
}

/** @param {Partial<import('workpool').ThreadOptions>} [options] */
const workpool =
  (options) =>
  async (/** @type {Demand} */ { task, threads }) => {
    const { ThreadPool } = await import('workpool')
    const pool = ThreadPool.create({ filename: urlOf(task), size: threads, ...options })
    return {
      run: (/** @type {unknown} */ argument) => pool.run(argument),
      move: (/** @type {unknown} */ argument, /** @type {any[]} */ transfer) => pool.run(argument, { transfer }),
      runAbortable: (/** @type {unknown} */ argument) => abortable((signal) => pool.run(argument, { signal })),
    }
  }

/** @param {object} [options] */
const piscina =
  (options) =>
  async (/** @type {Demand} */ { task, threads }) => {
    const { Piscina } = await import('piscina')
    const pool = new Piscina({ filename: urlOf(task), minThreads: threads, maxThreads: threads, ...options })
    return {
      run: (/** @type {unknown} */ argument) => pool.run(argument),
      move: (/** @type {unknown} */ argument, /** @type {any[]} */ transferList) =>
        pool.run(argument, { transferList }),
      runAbortable: (/** @type {unknown} */ argument) => abortable((signal) => pool.run(argument, { signal })),
    }
  }

/** @param {object} [options] */
const tinypool =
  (options) =>
  async (/** @type {Demand} */ { task, threads }) => {
    const { Tinypool } = await import('tinypool')
    const pool = new Tinypool({ filename: urlOf(task), minThreads: threads, maxThreads: threads, ...options })
    return {
      run: (/** @type {unknown} */ argument) => pool.run(argument),
      move: (/** @type {unknown} */ argument, /** @type {any[]} */ transferList) =>
        pool.run(argument, { transferList }),
      runAbortable: (/** @type {unknown} */ argument) => abortable((signal) => pool.run(argument, { signal })),
    }
  }

/** @param {object} [options] */
const poolifier =
  (options) =>
  async (/** @type {Demand} */ { threads }) => {
    const { FixedThreadPool } = await import('poolifier')
    const pool = new FixedThreadPool(threads, entryOf('poolifier'), options)
    return {
      run: (/** @type {unknown} */ argument) => pool.execute(argument),
      move: (/** @type {unknown} */ argument, /** @type {any[]} */ transfer) =>
        pool.execute(argument, undefined, undefined, transfer),
      runAbortable: (/** @type {unknown} */ argument) =>
        abortable((signal) => pool.execute(argument, undefined, signal)),
    }
  }

/** @param {object} [options] */
const workerpool =
  (options) =>
  async (/** @type {Demand} */ { threads }) => {
    const { default: library } = await import('workerpool')
    const pool = library.pool(entryOf('workerpool'), { minWorkers: threads, maxWorkers: threads, ...options })
    return {
      run: (/** @type {unknown} */ argument) => pool.exec('task', [argument]),
      move: (/** @type {unknown} */ argument, /** @type {any[]} */ transfer) =>
        pool.exec('task', [argument], { transfer }),
      runAbortable: (/** @type {unknown} */ argument) => {
        const result = pool.exec('task', [argument])
        return { result, abort: () => void result.cancel() }
      },
    }
  }

/** @param {Demand} demand */
async function barePort({ threads }) {
  const lines = Array.from({ length: threads }, startLine)
  let next = 0
  const nextLine = () => lines[threads === 1 ? 0 : next++ % threads]
  return {
    run: (/** @type {unknown} */ argument) => nextLine().ask(argument),
    move: (/** @type {unknown} */ argument, /** @type {any[]} */ transfer) => nextLine().ask(argument, transfer),
    runAbortable: (/** @type {unknown} */ argument) => {
      const line = lines[0]
      const result = line.ask(argument)
      const abort = () => {
        void line.end()
        lines[0] = startLine()
      }
      return { result, abort }
    },
  }
}

function startLine() {
  const worker = new Worker(entryOf('bare-port'))
  /** @type {{ resolve: (value: unknown) => void, reject: (error: unknown) => void }[]} */
  const waiting = []
  // Answers come in the order of the questions.
  worker.on('message', (value) => waiting.shift()?.resolve(value))
  return {
    ask: (/** @type {unknown} */ argument, /** @type {any[] | undefined} */ transfer) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        worker.postMessage(argument, transfer)
      }),
    end: () => {
      for (const { reject } of waiting.splice(0)) reject(new Error('aborted'))
      return worker.terminate()
    },
  }
}

/** A thread for each task, without a pool: what pooling saves at all. */
async function newWorkers() {
  const run = async (/** @type {unknown} */ argument) => {
    const { ask, end } = startLine()
    const result = await ask(argument)
    await end()
    return result
  }
  return { run, move: unasked, runAbortable: unasked }
}

/** No thread at all. @param {Demand} demand */
async function inline({ task }) {
  const { default: run } = await import(urlOf(task))
  return { run: async (/** @type {unknown} */ argument) => run(argument), move: unasked, runAbortable: unasked }
}

/** workerpool's own queue is an array that it shifts; it takes others. */
class LinkedQueue {
  /** @typedef {{ task: unknown, next: Link | undefined }} Link */
  /** @type {Link | undefined} */
  #first
  /** @type {Link | undefined} */
  #last
  #size = 0

  push(/** @type {unknown} */ task) {
    const link = { task, next: undefined }
    if (this.#last) this.#last.next = /** @type {any} */ (link)
    else this.#first = link
    this.#last = link
    this.#size++
  }

  pop() {
    const link = this.#first
    if (!link) return undefined
    this.#first = link.next
    if (!link.next) this.#last = undefined
    this.#size--
    return link.task
  }

  size() {
    return this.#size
  }

  contains(/** @type {unknown} */ task) {
    for (let link = this.#first; link; link = link.next) if (link.task === task) return true
    return false
  }

  clear() {
    this.#first = this.#last = undefined
    this.#size = 0
  }
}

/** @type {Record<string, (demand: Demand) => Promise<Threads>>} */
const LIBRARIES = {
  workpool: workpool(),
  'workpool, grace 1 ms': workpool({ grace: 1 }),
  'workpool, fresh thread': workpool({ recycle: { tasks: 1 } }),
  piscina: piscina(),
  'piscina, tuned': piscina({ concurrentTasksPerWorker: 64, recordTiming: false }),
  tinypool: tinypool(),
  'tinypool, fresh thread': tinypool({ isolateWorkers: true }),
  'tinypool, tuned': tinypool({ concurrentTasksPerWorker: 64 }),
  poolifier: poolifier(),
  'poolifier, tuned': poolifier({ enableEvents: false, workerChoiceStrategy: 'ROUND_ROBIN' }),
  'poolifier, queued': poolifier({ enableTasksQueue: true, workerChoiceStrategy: 'LEAST_USED' }),
  workerpool: workerpool(),
  'workerpool, tuned': workerpool({ queueStrategy: new LinkedQueue() }),
  'bare port': barePort,
  'new Worker': newWorkers,
  inline,
}

/** They are asked one question each. */
const ONLY_ONCE = [
  'workpool, grace 1 ms',
  'workpool, fresh thread',
  'tinypool, fresh thread',
  'poolifier, queued',
  'new Worker',
  'inline',
]

/** Those that most questions ask, in the order of the tables. */
export const MOST = Object.keys(LIBRARIES).filter((library) => !ONLY_ONCE.includes(library))

/**
 * @param {string} library
 * @param {Demand} demand
 * @returns {Promise<Threads>}
 */
export function open(library, demand) {
  // For the threads, which get a copy of this process's environment: the same way in for all libraries.
  process.env.BENCHMARK_LIBRARY = library
  process.env.BENCHMARK_TASK = urlOf(demand.task)
  return LIBRARIES[library](demand)
}
