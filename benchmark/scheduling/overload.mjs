/**
 * What becomes of answers when more is asked than can be done?
 *
 * 20 slots in front of something that takes 20 ms a task on average, many of them less, some several times that (exponentially distributed):
 * 1,000 tasks per second can be done. They arrive one by one at random (a Poisson process) at 0.5, 1, 2, 4 and 10 times that, whatever became
 * of those before (an open loop). At most 250 wait, a quarter of a second of work, in each of three pools: the fixed bound refuses who comes
 * to a full queue; `discard-oldest` gives up who has waited longest; `shed` gives up who has waited longer than 20 ms once the queue has
 * stood for 100 ms, and then starts the newest first.
 *
 * Latency counts from when a task was due, of the tasks that were done. An answer is good within 500 ms. All pools see the same arrivals and
 * the same lengths of tasks. There is no peer here: none of them sheds.
 */
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const SLOTS = 20
const SERVICE_MS = 20
const PER_SECOND = (SLOTS * 1_000) / SERVICE_MS
const BOUND = 250
const SHED = { target: 20, interval: 100 }
const GOOD_MS = 500
const LOADS = [0.5, 1, 2, 4, 10]

/** @type {Record<string, import('workpool').PoolOptions>} */
const POOLS = {
  'fixed bound': {},
  'discard-oldest': { overload: 'discard-oldest' },
  shed: { shed: SHED },
}

/** @typedef {{ rampMs: number, measuredMs: number }} Settings */

/** Numbers from 0 to 1, the same ones in each process. @param {number} seed */
function random(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

/** @param {string} name @param {number} load @param {Settings} settings */
async function measure(name, load, { rampMs, measuredMs }) {
  const { Pool, PoolOverloadError } = await import('workpool')
  const pool = Pool.create({ size: SLOTS, maxBlockingTasks: BOUND, ...POOLS[name] })
  const arrivals = random(1)
  const lengths = random(2)
  const exponential = (/** @type {() => number} */ draw, /** @type {number} */ mean) => -mean * Math.log(draw())

  const latency = createHistogram({ figures: 3 })
  const counts = { sent: 0, done: 0, good: 0, refused: 0 }
  let isCounted = false

  const submit = (/** @type {number} */ dueMs) => {
    const wasCounted = isCounted
    if (wasCounted) counts.sent++
    const ms = exponential(lengths, SERVICE_MS)
    pool
      .submit(() => sleep(ms))
      .then(
        () => {
          if (!wasCounted) return
          const took = performance.now() - dueMs
          counts.done++
          if (took <= GOOD_MS) counts.good++
          latency.record(Math.max(1, Math.round(took * 1e3)))
        },
        (error) => {
          if (!(error instanceof PoolOverloadError)) throw error
          if (wasCounted) counts.refused++
        },
      )
  }

  const began = performance.now()
  let dueMs = began
  const arriveUntil = (/** @type {number} */ endMs) =>
    new Promise((resolve) => {
      const tick = () => {
        const now = Math.min(performance.now(), endMs)
        for (; dueMs <= now; dueMs += exponential(arrivals, 1_000 / (load * PER_SECOND))) submit(dueMs)
        if (now < endMs) setTimeout(tick, 1)
        else resolve(undefined)
      }
      tick()
    })
  await arriveUntil(began + rampMs)
  isCounted = true
  const loop = performance.eventLoopUtilization()
  await arriveUntil(began + rampMs + measuredMs)
  isCounted = false
  const { utilization } = performance.eventLoopUtilization(loop)
  // What came last may take as long as the others did; the load goes on meanwhile, as it would.
  await arriveUntil(performance.now() + GOOD_MS)

  const seconds = measuredMs / 1_000
  return {
    sent: counts.sent / seconds,
    good: counts.good / seconds,
    refused: counts.refused / seconds,
    p50: latency.count > 0 ? latency.percentile(50) / 1e3 : null,
    p99: latency.count > 0 ? latency.percentile(99) / 1e3 : null,
    loop: 100 * utilization,
  }
}

const NAMES = Object.keys(POOLS)
/** @param {string} name @param {number} load */
const nameOf = (name, load) => `${name}; ${load}×`

export const cases = LOADS.flatMap((load) =>
  NAMES.map((name) => ({
    name: nameOf(name, load),
    measure: (/** @type {Settings} */ settings) => measure(name, load, settings),
  })),
)

export const title = `A pool that can do ${PER_SECOND.toLocaleString('en')} tasks per second, and is asked for more`
export const full = { rounds: 1, rampMs: 400, measuredMs: 2_400 }
export const quick = { rounds: 1, rampMs: 200, measuredMs: 300 }
export const method = (/** @type {Settings} */ { rampMs, measuredMs }) =>
  `Open loop: each case in a fresh process, ${rampMs / 1_000} s until the load is steady, then arrivals for ${measuredMs / 1_000} s. Loop: the share of its time that the event loop was busy; near 100 % it shows the machine.`

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

/** @param {Summaries} summaries @param {string} name @param {number} load @returns {any} */
const valuesOf = (summaries, name, load) => summaries.get(nameOf(name, load))?.values

/** @param {Summaries} summaries */
export function table(summaries) {
  const head = ['load', 'pool', 'sent per s', 'good per s', 'refused per s', 'p50 ms', 'p99 ms', 'loop, %']
  const rows = LOADS.flatMap((load) =>
    NAMES.map((name) => {
      const values = valuesOf(summaries, name, load)
      const whole = ['sent', 'good', 'refused', 'p50', 'p99', 'loop'].map((key) => values[key]?.toFixed(0) ?? 'none')
      return [`${load}×`, name, ...whole]
    }),
  )
  return { head, rows }
}

/** All of them are ours: they compare with each other. @param {Summaries} summaries @param {number} load @param {string} key */
const entriesOf = (summaries, load, key) =>
  NAMES.map((name) => ({ name, value: valuesOf(summaries, name, load)[key], isYardstick: name !== 'shed' }))

/** @param {Summaries} summaries */
export function contests(summaries) {
  return [
    ...LOADS.map((load) => ({
      label: `${load}× of what can be done, p99`,
      unit: 'ms',
      own: 'shed',
      entries: entriesOf(summaries, load, 'p99'),
    })),
    ...LOADS.slice(-2).map((load) => ({
      label: `${load}× of what can be done, good answers`,
      unit: 'per s',
      own: 'shed',
      isHigherBetter: true,
      entries: entriesOf(summaries, load, 'good'),
    })),
  ]
}

/** @param {Summaries} summaries */
export function aims(summaries) {
  const growth = valuesOf(summaries, 'shed', 4).p99 / valuesOf(summaries, 'shed', 0.5).p99
  const kept = (100 * valuesOf(summaries, 'shed', 4).good) / valuesOf(summaries, 'fixed bound', 4).good
  return [
    {
      aim: 'shed: p99 at 4× at most 2 times that at 0.5×',
      measured: `${growth.toFixed(2)} times`,
      met: growth <= 2,
    },
    {
      aim: 'shed: at 4× at least 95 % of the good answers of the fixed bound',
      measured: `${kept.toFixed(1)} %`,
      met: kept >= 95,
    },
  ]
}
