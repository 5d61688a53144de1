/**
 * What does a call cost that blocks until a thread has answered? Against synckit, and against the same by hand: a message, `Atomics.wait`,
 * `receiveMessageOnPort`.
 */
import { fileURLToPath } from 'node:url'
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads'
import { ECHOES, contestsOf, nameOf, tableOf } from './question.mjs'

const task = new URL('tasks/echo.mjs', import.meta.url)

/** @type {Record<string, () => Promise<(argument: any) => any>>} */
const LIBRARIES = {
  workpool: async () => {
    const { ThreadPool } = await import('workpool')
    const pool = ThreadPool.create({ filename: task, size: 1 })
    return (argument) => pool.runSync(argument)
  },
  synckit: async () => {
    const { createSyncFn } = await import('synckit')
    process.env.BENCHMARK_TASK = task.href
    return createSyncFn(fileURLToPath(new URL('entries/synckit.mjs', import.meta.url)))
  },
  'by hand': async () => {
    const { port1, port2 } = new MessageChannel()
    const answers = new Int32Array(new SharedArrayBuffer(4))
    const workerData = { port: port2, answers, task: task.href }
    const worker = new Worker(new URL('entries/by-hand.mjs', import.meta.url), { workerData, transferList: [port2] })
    worker.unref()
    let asked = 0
    return (argument) => {
      port1.postMessage(argument)
      Atomics.wait(answers, 0, asked++)
      return receiveMessageOnPort(port1)?.message
    }
  },
}

/** @type {Record<string, typeof ECHOES[string]>} */
const VALUES = ECHOES
const SHAPES = Object.entries(VALUES).map(([value, echo]) => ({
  label: `runSync, ${value}`,
  ...echo,
  load: async () => {},
}))
const NAMES = Object.keys(LIBRARIES)

export const cases = SHAPES.flatMap(({ label, argument, isRight }) =>
  NAMES.map((library) => ({
    name: nameOf(library, label),
    load: async () => {
      const runSync = await LIBRARIES[library]()
      return (/** @type {number} */ tasks) => {
        const value = argument()
        for (let i = 0; i < tasks; i++)
          if (!isRight(runSync(value), value)) throw new Error(`${library}: a wrong result`)
        return { settled: Promise.resolve() }
      }
    },
  })),
)

export const title = 'Calls that block until a thread has answered'
export const full = { rounds: 5, warmupTasks: 10_000, timedTasks: 50_000 }
export const quick = { rounds: 1, warmupTasks: 1_000, timedTasks: 3_000 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */
export const table = (/** @type {Summaries} */ summaries) => tableOf(SHAPES, NAMES, summaries)
export const contests = (/** @type {Summaries} */ summaries) => contestsOf(SHAPES, NAMES, summaries)
