/**
 * What do native jobs do to their neighbours? `fs.stat` goes through the four threads of libuv, and so do AsyncWorkers. 64 jobs that each keep
 * a thread for 20 ms are under way all the time; meanwhile one `fs.stat` follows the other, 5 ms apart. The jobs wait, as those do that
 * read a device: jobs that compute share the processors with everybody, whoever has their threads.
 */
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { contestsOf, tableOf } from '../readings.mjs'
import { LIBRARIES, obstacle, open } from './addon.mjs'

const IDLE = 'no jobs'
const JOBS = 64
const JOB_MS = 20

/** @param {string} library @param {{ warmupMs: number, measuredMs: number }} settings */
async function measure(library, { warmupMs, measuredMs }) {
  let isOver = false
  const run = library === IDLE ? undefined : await open(library)
  const lanes = Array.from({ length: run === undefined ? 0 : JOBS }, async () => {
    while (!isOver) await run?.(-JOB_MS)
  })
  await sleep(warmupMs)
  const times = []
  for (const end = performance.now() + measuredMs; performance.now() < end; await sleep(5)) {
    const began = performance.now()
    await stat('.')
    times.push(performance.now() - began)
  }
  isOver = true
  await Promise.all(lanes)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

const COLUMNS = [
  { key: 'p50', label: 'fs.stat, p50', unit: 'ms', digits: 2 },
  { key: 'p99', label: 'fs.stat, p99', unit: 'ms', digits: 2, isContest: true },
]

export { obstacle }
export const cases = [IDLE, ...LIBRARIES].map((name) => ({
  name,
  measure: (/** @type {any} */ settings) => measure(name, settings),
}))
export const title = `fs.stat beside ${JOBS} native jobs of ${JOB_MS} ms each`
export const full = { rounds: 5, warmupMs: 500, measuredMs: 5_000 }
export const quick = { rounds: 1, warmupMs: 200, measuredMs: 1_000 }

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

export const method = (/** @type {any} */ { rounds, measuredMs }) =>
  `Medians of ${rounds} interleaved rounds of ${measuredMs / 1_000} s; in each, every case runs in a fresh process.`
export const table = (/** @type {Summaries} */ summaries) => tableOf(summaries, COLUMNS, 'beside')
export const contests = (/** @type {Summaries} */ summaries) => contestsOf(summaries, COLUMNS, [IDLE])

/** @param {Summaries} summaries */
export function aims(summaries) {
  const of = (/** @type {string} */ name) => summaries.get(name)?.values.p99 ?? Infinity
  const ratio = of('workpool') / of(IDLE)
  return [
    {
      aim: 'p99 of fs.stat beside jobs of a NativePool: at most 1.5× that without jobs',
      measured: `${ratio.toFixed(2)}×`,
      met: ratio <= 1.5,
    },
  ]
}
