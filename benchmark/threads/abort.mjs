/**
 * One thread, and its task is aborted: how long until the thread, or the one that comes in its place, has done the next one?
 *
 * The task spins, so that only the end of its thread ends it; or it waits and would heed an abort if it heard of it. workpool gives a task
 * that does not heed its signal 100 ms, the option `grace`, before it ends the thread; hence also with 1 ms.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from './libraries.mjs'
import { contestsOf, medianOf, tableOf } from '../readings.mjs'

const LIBRARIES = ['workpool', 'workpool, grace 1 ms', 'piscina', 'tinypool', 'poolifier', 'workerpool', 'bare port']

/** Whoever has not answered by then never will. */
const PATIENCE_MS = 3_500

const LONG = { spin: 60_000_000, wait: 60_000 }

/** @param {string} library @param {'spin' | 'wait'} task @param {number} aborts */
async function measureTask(library, task, aborts) {
  const threads = await open(library, { task, threads: 1 })
  await threads.run(1)
  const settled = []
  const next = []
  for (let i = 0; i < aborts; i++) {
    const { result, abort } = threads.runAbortable(LONG[task])
    const failed = new Promise((resolve, reject) => result.then(() => reject(new Error('it was not aborted')), resolve))
    await sleep(20) // it runs
    const before = performance.now()
    const sinceAbort = () => performance.now() - before
    abort()
    const following = threads.run(2)
    const [settledMs, answer] = await Promise.all([inTime(failed.then(sinceAbort)), inTime(following)])
    settled.push(settledMs ?? Infinity)
    if (answer === undefined) return { settledMs: medianOf(settled), nextMs: null }
    if (answer !== 2) throw new Error(`${library}: a wrong result`)
    next.push(sinceAbort())
  }
  return { settledMs: medianOf(settled), nextMs: medianOf(next) }
}

/** @template T @param {PromiseLike<T>} promise @returns {Promise<T | undefined>} undefined if it does not settle in time */
function inTime(promise) {
  return Promise.race([promise, sleep(PATIENCE_MS, undefined)])
}

export const cases = LIBRARIES.map((library) => ({
  name: library,
  measure: async (/** @type {{ aborts: number }} */ { aborts }) => {
    const spinning = await measureTask(library, 'spin', aborts)
    const waiting = await measureTask(library, 'wait', aborts)
    return {
      spinSettledMs: spinning.settledMs,
      spinNextMs: spinning.nextMs,
      waitSettledMs: waiting.settledMs,
      waitNextMs: waiting.nextMs,
    }
  },
}))

export const title = 'From the abort of a running task to the next result'
export const full = { rounds: 5, aborts: 21 }
export const quick = { rounds: 1, aborts: 3 }
export const method = (/** @type {{ rounds: number, aborts: number }} */ { rounds, aborts }) =>
  `Medians of ${rounds} interleaved rounds, each in a fresh process with ${aborts} aborts of each kind. Never: not within ${PATIENCE_MS} ms.`

const COLUMNS = [
  { key: 'spinSettledMs', label: 'spinning: abort to its rejection', unit: 'ms', digits: 2 },
  { key: 'spinNextMs', label: 'spinning: abort to the next result', unit: 'ms', digits: 2, isContest: true },
  { key: 'waitSettledMs', label: 'waiting: abort to its rejection', unit: 'ms', digits: 2 },
  { key: 'waitNextMs', label: 'waiting: abort to the next result', unit: 'ms', digits: 2, isContest: true },
]

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */
export const table = (/** @type {Summaries} */ summaries) => tableOf(summaries, COLUMNS)
export const contests = (/** @type {Summaries} */ summaries) => contestsOf(summaries, COLUMNS)
