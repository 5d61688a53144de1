/**
 * Arrivals that do not care how the pool fares: so many tasks per second, each due at its own time, whatever became of those before it.
 *
 * Latency counts from when a task was due, not from when it was submitted, so whoever keeps this thread from submitting pays for it. The
 * timer that submits ticks every millisecond, as often as Node.js can: the same for everybody, and shown as what of the latency had
 * passed before `run` was called. At most 100,000 tasks are unsettled; what is due beyond is dropped and counted. One thread, `{a,b}`.
 */
import { PerformanceObserver, createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from './libraries.mjs'
import { contestsOf, tableOf } from '../readings.mjs'

const LIBRARIES = [
  'workpool',
  'piscina',
  'piscina, tuned',
  'tinypool, tuned',
  'poolifier, tuned',
  'workerpool, tuned',
  'bare port',
]
const MOST_OPEN = 100_000

/** @typedef {{ warmupMs: number, measuredMs: number }} Settings */

/** @param {string} library @param {number} rate per second @param {Settings} settings */
async function measure(library, rate, { warmupMs, measuredMs }) {
  const threads = await open(library, { task: 'echo', threads: 1 })
  await threads.run({ a: 1, b: 2 })
  await warmUp(threads, warmupMs)
  return arrive(threads, rate, measuredMs)
}

/** At a rate that most can take, and until nothing is left of it. @param {import('./libraries.mjs').Threads} threads @param {number} forMs */
async function warmUp(threads, forMs) {
  for (let ms = 0; ms < forMs; ms += 5)
    await Promise.all([sleep(5), ...Array.from({ length: 50 }, (_, a) => threads.run({ a, b: 2 }))])
}

/** @param {import('./libraries.mjs').Threads} threads @param {number} rate @param {number} forMs */
async function arrive(threads, rate, forMs) {
  const latency = createHistogram({ figures: 3 })
  const late = createHistogram({ figures: 3 })
  const gaps = observeCollections()
  const counts = { due: 0, started: 0, done: 0, dropped: 0 }
  let isOver = false
  let peakRss = 0
  const cpuBefore = process.cpuUsage()
  const began = performance.now()

  const submit = (/** @type {number} */ dueMs) => {
    const argument = { a: counts.due, b: 2 }
    counts.started++
    record(late, performance.now() - dueMs)
    threads.run(argument).then((result) => {
      if (isOver) return
      if (result.a !== argument.a) throw new Error('a wrong result')
      counts.done++
      record(latency, performance.now() - dueMs)
    })
  }

  await new Promise((resolve) => {
    const tick = () => {
      const passed = performance.now() - began
      const due = Math.floor((Math.min(passed, forMs) * rate) / 1_000)
      for (; counts.due < due; counts.due++) {
        if (counts.started - counts.done < MOST_OPEN) submit(began + (counts.due * 1_000) / rate)
        else counts.dropped++
      }
      if (passed < forMs) setTimeout(tick, 1)
      else resolve(undefined)
    }
    const sampling = setInterval(() => (peakRss = Math.max(peakRss, process.memoryUsage.rss())), 100)
    sampling.unref()
    tick()
  })
  // What was due last may take as long as the others did.
  await sleep(100)
  isOver = true
  const seconds = (performance.now() - began - 100) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  const ms = (/** @type {import('node:perf_hooks').RecordableHistogram} */ histogram, /** @type {number} */ percent) =>
    histogram.count > 0 ? histogram.percentile(percent) / 1e6 : null
  return {
    achieved: counts.done / seconds,
    dropped: (100 * counts.dropped) / counts.due,
    p50: ms(latency, 50),
    p99: ms(latency, 99),
    p999: ms(latency, 99.9),
    late50: ms(late, 50),
    late99: ms(late, 99),
    cpu: (user + system) / 1e6 / seconds,
    rssMb: Math.max(peakRss, process.memoryUsage.rss()) / 2 ** 20,
    gcMs: gaps.longest(),
  }
}

/** @param {import('node:perf_hooks').RecordableHistogram} histogram @param {number} ms */
function record(histogram, ms) {
  histogram.record(Math.max(1, Math.round(ms * 1e6)))
}

/** The main thread's; the pauses of other threads are their own. */
function observeCollections() {
  let longest = 0
  const note = (/** @type {PerformanceEntry[]} */ entries) => {
    for (const { duration } of entries) longest = Math.max(longest, duration)
  }
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  return {
    longest: () => {
      note(observer.takeRecords())
      observer.disconnect()
      return longest
    },
  }
}

const COLUMNS = [
  { key: 'achieved', label: 'achieved', unit: 'per s', digits: 0, isContest: true, isHigherBetter: true },
  { key: 'dropped', label: 'dropped', unit: '%', digits: 1 },
  { key: 'p50', label: 'p50', unit: 'ms', digits: 3, isContest: true },
  { key: 'p99', label: 'p99', unit: 'ms', digits: 3, isContest: true },
  { key: 'p999', label: 'p99.9', unit: 'ms', digits: 3, isContest: true },
  { key: 'late50', label: 'of it before run p50', unit: 'ms', digits: 3 },
  { key: 'late99', label: 'p99', unit: 'ms', digits: 3 },
  { key: 'cpu', label: 'CPU', unit: 'cores', digits: 2, isContest: true },
  { key: 'rssMb', label: 'peak RSS', unit: 'MB', digits: 0, isContest: true },
  { key: 'gcMs', label: 'longest collection', unit: 'ms', digits: 1 },
]

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

/** @param {number} rate */
export const askAt = (rate) => ({
  title: `${rate.toLocaleString('en')} tasks per second, come what may`,
  cases: LIBRARIES.map((library) => ({
    name: library,
    measure: (/** @type {Settings} */ settings) => measure(library, rate, settings),
  })),
  full: { rounds: 1, warmupMs: 2_000, measuredMs: 60_000 },
  quick: { rounds: 1, warmupMs: 200, measuredMs: 600 },
  method: (/** @type {Settings} */ { measuredMs }) =>
    `Open loop: each library in a fresh process, warm-up, then arrivals for ${measuredMs / 1_000} s. Latency from the time a task was due.`,
  table: (/** @type {Summaries} */ summaries) => tableOf(summaries, COLUMNS),
  contests: (/** @type {Summaries} */ summaries) =>
    contestsOf(summaries, COLUMNS).map(({ label, entries, ...contest }) => ({
      ...contest,
      label: `${rate.toLocaleString('en')} per second, ${label}`,
      // Those who keep up achieve the rate, one a little before the other.
      entries:
        contest.unit === 'per s'
          ? entries.map((entry) => ({ ...entry, value: Math.min(Number(entry.value), Math.round(rate * 0.99)) }))
          : entries,
    })),
  aims: (/** @type {Summaries} */ summaries) => {
    const achieved = Number(summaries.get('workpool')?.values.achieved)
    return [
      {
        aim: `${rate.toLocaleString('en')} per second: at least 99 % of them done`,
        measured: `${achieved.toFixed(0)} per s`,
        met: achieved >= rate * 0.99,
      },
    ]
  },
})
