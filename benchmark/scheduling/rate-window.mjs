/**
 * How exactly is a rate kept when it binds? At most 100 starts in any 250 ms.
 *
 * Two loads. One comes in bursts: one task, and 235 ms later 150 more, every 800 ms; whoever counts by fixed windows lets the end of one window
 * and the beginning of the next one through together. The other one is always there: as many tasks wait as there may be starts in the whole
 * time. The first must not see more than 100 starts in any 250 ms, the second must not see fewer than the rate allows.
 *
 * A start is the call of the task's function, by the clock that all read. Where it is late, as timers are, the next one may seem to come too
 * early by that: so the table has the shortest time of 101 starts as well.
 *
 * The interval is the shortest one of bottleneck, which refills its reservoir every 250 ms.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { contestsOf, tableOf } from '../readings.mjs'
import { LIBRARIES, open } from './rates.mjs'

const RATE = { limit: 100, interval: 250 }
const BURST_EVERY_MS = 800
/** The window of a limiter opens with the first task; the burst comes shortly before its end. */
const BURST_AFTER_MS = 235
const BURST = 150

/** @typedef {{ bursts: number, saturatedMs: number }} Settings */

/** @param {string} library @param {Settings} settings */
async function measure(library, { bursts, saturatedMs }) {
  const burst = await startsUnderBursts(await open(library, RATE), bursts)
  const saturated = await startsUnderLoad(await open(library, RATE), saturatedMs)
  const allowed = RATE.limit * Math.floor(saturatedMs / RATE.interval)
  return {
    most: mostIn(burst, RATE.interval),
    shortestMs: shortestOf(burst, RATE.limit + 1),
    mostLoaded: mostIn(saturated, RATE.interval),
    shareOfAllowed: (100 * saturated.length) / allowed,
  }
}

/** @param {import('./rates.mjs').Submit} submit @param {number} bursts */
async function startsUnderBursts(submit, bursts) {
  /** @type {number[]} */
  const starts = []
  const task = async () => void starts.push(performance.now())
  const done = []
  for (let i = 0; i < bursts; i++) {
    done.push(submit(task))
    await sleep(BURST_AFTER_MS)
    for (let j = 0; j < BURST; j++) done.push(submit(task))
    await sleep(BURST_EVERY_MS - BURST_AFTER_MS)
  }
  await Promise.all(done)
  return starts
}

/** The starts within the time. @param {import('./rates.mjs').Submit} submit @param {number} forMs */
async function startsUnderLoad(submit, forMs) {
  /** @type {number[]} */
  const starts = []
  const began = performance.now()
  const task = async () => void starts.push(performance.now())
  const enough = RATE.limit * (Math.ceil(forMs / RATE.interval) + 1)
  for (let i = 0; i < enough; i++) submit(task)
  await sleep(forMs)
  return starts.filter((at) => at - began < forMs)
}

/** @param {readonly number[]} starts in order @param {number} ms */
function mostIn(starts, ms) {
  let most = 0
  let first = 0
  for (let last = 0; last < starts.length; last++) {
    while (Number(starts[last]) - Number(starts[first]) >= ms) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** The shortest time in which so many came. @param {readonly number[]} starts in order @param {number} count */
function shortestOf(starts, count) {
  let shortest = Infinity
  for (let last = count - 1; last < starts.length; last++)
    shortest = Math.min(shortest, Number(starts[last]) - Number(starts[last - count + 1]))
  return shortest
}

export const cases = LIBRARIES.map((library) => ({
  name: library,
  measure: (/** @type {Settings} */ settings) => measure(library, settings),
}))

const rate = `${RATE.limit} starts in any ${RATE.interval} ms`
export const title = `At most ${rate}, under more than that`
export const full = { rounds: 1, bursts: 3, saturatedMs: 2_000 }
export const quick = { rounds: 1, bursts: 1, saturatedMs: 500 }
export const method = (/** @type {Settings} */ { bursts, saturatedMs }) =>
  `Each case runs in a fresh process: ${bursts} bursts, one every ${BURST_EVERY_MS} ms, then ${saturatedMs / 1_000} s in which always more wait.`

const COLUMNS = [
  { key: 'most', label: `bursts, most in ${RATE.interval} ms`, unit: 'starts', digits: 0, isContest: true },
  { key: 'shortestMs', label: `bursts, shortest of ${RATE.limit + 1}`, unit: 'ms', digits: 2 },
  { key: 'mostLoaded', label: `always more, most in ${RATE.interval} ms`, unit: 'starts', digits: 0 },
  {
    key: 'shareOfAllowed',
    label: 'always more, of what is allowed',
    unit: '%',
    digits: 1,
    isContest: true,
    isHigherBetter: true,
  },
]

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

export const table = (/** @type {Summaries} */ summaries) => tableOf(summaries, COLUMNS)

/**
 * To let fewer through than the limit in a burst is no better than to let through the limit; and to let through more than is allowed is no
 * better than to let through all that is.
 *
 * @param {Summaries} summaries
 */
export const contests = (summaries) =>
  contestsOf(summaries, COLUMNS).map(({ entries, ...contest }) => ({
    ...contest,
    entries: entries.map(({ name, value }) => ({
      name,
      value: contest.isHigherBetter ? Math.min(100, Number(value)) : Math.max(RATE.limit, Number(value)),
    })),
  }))

/** How late a call may be after its start was admitted, and the next one then seem to be early. */
const LATE_MS = 2

/** @param {Summaries} summaries */
export function aims(summaries) {
  const shortestMs = Number(summaries.get('workpool')?.values.shortestMs)
  const shareOfAllowed = Number(summaries.get('workpool')?.values.shareOfAllowed)
  return [
    {
      aim: `bursts: ${RATE.limit + 1} starts take ${RATE.interval} ms, but for the ${LATE_MS} ms that a call may be late`,
      measured: `${shortestMs.toFixed(2)} ms`,
      met: shortestMs >= RATE.interval - LATE_MS,
    },
    {
      aim: 'always more: at least 99 % of the starts that are allowed',
      measured: `${shareOfAllowed.toFixed(1)} %`,
      met: shareOfAllowed >= 99,
    },
  ]
}
