/**
 * What does a native job cost that does nothing? One class of C++, as an `Napi::AsyncWorker` on the four threads of libuv, and ported to a
 * `NativePool` of four: one job after the other, and 64 in flight.
 */
import { contestsOf, tableOf } from '../threads/question.mjs'
import { LIBRARIES, obstacle, open } from './addon.mjs'

const ONE = 'one after the other'
const MANY = '64 in flight'
const IN_FLIGHT = 64

/** @type {Record<string, (run: (ms: number) => Promise<unknown>, tasks: number) => Promise<unknown>>} */
const LOADS = {
  [ONE]: async (run, tasks) => {
    for (let i = 0; i < tasks; i++) await run(0)
  },
  [MANY]: (run, tasks) => {
    let started = 0
    const lane = async () => {
      while (started++ < tasks) await run(0)
    }
    return Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  },
}

/** @type {any[]} */
const SHAPES = Object.keys(LOADS).map((label) => ({ label }))

export { obstacle }
export const cases = SHAPES.flatMap(({ label }) =>
  LIBRARIES.map((library) => ({
    name: `${library}; ${label}`,
    load: async () => {
      const run = await open(library)
      await LOADS[label]?.(run, IN_FLIGHT)
      return (/** @type {number} */ tasks) => ({ settled: LOADS[label]?.(run, tasks) })
    },
  })),
)

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

export const title = 'Native jobs that do nothing, as AsyncWorkers and in a NativePool of four threads'
export const full = { rounds: 5, warmupTasks: 20_000, timedTasks: 50_000 }
export const quick = { rounds: 1, warmupTasks: 5_000, timedTasks: 10_000 }
export const table = (/** @type {Summaries} */ summaries) => tableOf(SHAPES, LIBRARIES, summaries)
export const contests = (/** @type {Summaries} */ summaries) => contestsOf(SHAPES, LIBRARIES, summaries)

/** @param {Summaries} summaries @param {string} label @param {number} most @param {string} aim */
function aimOf(summaries, label, most, aim) {
  const of = (/** @type {string} */ library) => summaries.get(`${library}; ${label}`)?.medianNs ?? Infinity
  const ratio = of('workpool') / of('AsyncWorker')
  return { aim: `${label}: ${aim}`, measured: `${ratio.toFixed(2)}×`, met: ratio <= most }
}

export const aims = (/** @type {Summaries} */ summaries) => [
  aimOf(summaries, ONE, 1, 'no dearer than an AsyncWorker'),
  aimOf(summaries, MANY, 0.5, 'half of an AsyncWorker at most'),
]
