/** What does a pool of one thread cost while it has nothing to do? It has done something before. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MOST, open } from './libraries.mjs'
import { contestsOf, tableOf } from '../readings.mjs'

const NOTHING = 'no pool'

/** @param {string} library @param {{ settleMs: number, idleMs: number }} settings */
async function measure(library, { settleMs, idleMs }) {
  if (library !== NOTHING) {
    const threads = await open(library, { task: 'echo', threads: 1 })
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => threads.run(i)))
  }
  await sleep(settleMs)
  const before = process.cpuUsage()
  const { voluntaryContextSwitches } = process.resourceUsage()
  const began = performance.now()
  await sleep(idleMs)
  const seconds = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(before)
  const wakeups = process.resourceUsage().voluntaryContextSwitches - voluntaryContextSwitches
  return {
    cpuMs: (user + system) / 1_000 / seconds,
    wakeups: wakeups / seconds,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  }
}

export const cases = [NOTHING, ...MOST.filter((library) => !library.endsWith('tuned'))].map((library) => ({
  name: library,
  measure: (/** @type {any} */ settings) => measure(library, settings),
}))

export const title = 'An idle pool of one thread'
export const full = { rounds: 5, settleMs: 1_000, idleMs: 5_000 }
export const quick = { rounds: 1, settleMs: 300, idleMs: 700 }
export const method = (/** @type {Record<string, number>} */ { rounds, settleMs, idleMs }) =>
  `Medians of ${rounds} interleaved rounds, each in a fresh process: 1,000 tasks, ${settleMs} ms of rest, then ${idleMs} ms that count.`

const COLUMNS = [
  { key: 'cpuMs', label: 'CPU of an idle pool', unit: 'ms per s', digits: 2, isContest: true },
  { key: 'wakeups', label: 'context switches', unit: 'per s', digits: 0 },
  { key: 'rssMb', label: 'RSS', unit: 'MB', digits: 0 },
]

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */
export const table = (/** @type {Summaries} */ summaries) => tableOf(summaries, COLUMNS)
export const contests = (/** @type {Summaries} */ summaries) => contestsOf(summaries, COLUMNS, [NOTHING])

export function aims(/** @type {Summaries} */ summaries) {
  const [ours, nothing] = ['workpool', NOTHING].map((name) => Number(summaries.get(name)?.values.cpuMs))
  const measured = `${ours.toFixed(2)} ms per s against ${nothing.toFixed(2)}`
  // The clock of processor time and the timer that ends the pause take as much by themselves.
  return [
    {
      aim: 'an idle pool uses no CPU: at most 0.5 ms per s more than a process without one',
      measured,
      met: ours <= nothing + 0.5,
    },
  ]
}
