/**
 * Which size does an algorithm find, and how many good answers does that give?
 *
 * The upstream has 40 slots, in which a task takes 20 ms on average (exponentially distributed); what more it is asked queues in it, in
 * order. For a third of the time it has 20 slots, and then 40 again. It is asked 1.25 times what 40 slots can do, at random times (an open
 * loop), through a pool in which a task may wait for 100 ms. An answer is good within 250 ms, from when the task was due: who lets too many
 * into the upstream has them wait there, where nothing refuses them.
 *
 * `adapt` looks four times a second. The fixed pools are the yardsticks: of each phase the best one counts. All see the same arrivals.
 */
import { toLines } from './lines.mjs'

const SLOTS = [40, 20, 40]
const SERVICE_MS = 20
const PER_SECOND = (1.25 * SLOTS[0] * 1_000) / SERVICE_MS
const WAIT_MS = 100
const GOOD_MS = 250
const EVERY_MS = 250
const MOST = 400

/** @typedef {{ rounds: number, phaseMs: number, settleMs: number }} Settings */

/** By name: the size at first, and what finds another one. */
const POOLS = {
  'fixed, 22': { size: 22 },
  'fixed, 44': { size: 44 },
  'fixed, 200': { size: 200 },
  'gradient from 2': { size: 2, algorithm: 'gradient', options: { max: MOST } },
  'gradient from 200': { size: 200, algorithm: 'gradient', options: { max: MOST } },
  'aimd from 2': { size: 2, algorithm: 'aimd', options: { max: MOST, maxRunMs: 60, increase: 2 } },
  'aimd from 200': { size: 200, algorithm: 'aimd', options: { max: MOST, maxRunMs: 60, increase: 2 } },
}
const FIXED = Object.keys(POOLS).filter((name) => name.startsWith('fixed'))
const ADAPTED = Object.keys(POOLS).filter((name) => !name.startsWith('fixed'))

/** Numbers from 0 to 1, the same ones in each process. @param {number} seed */
function random(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

const exponential = (/** @type {() => number} */ draw, /** @type {number} */ mean) => -mean * Math.log(draw())

/** @param {keyof typeof POOLS} name @param {Settings} settings */
async function measure(name, { phaseMs, settleMs }) {
  const { Pool, PoolError } = await import('workpool')
  const algorithms = await import('workpool/adaptive')
  const { size, algorithm, options } = /** @type {any} */ (POOLS[name])
  const upstream = Pool.create({ size: SLOTS[0] })
  const pool = Pool.create({ size })
  const control =
    algorithm === undefined
      ? undefined
      : algorithms.adapt(pool, /** @type {any} */ (algorithms)[algorithm](options), { every: EVERY_MS })

  const [arrivals, lengths] = [random(1), random(2)]
  const work = (/** @type {number} */ ms) => upstream.submit(() => new Promise((resolve) => setTimeout(resolve, ms)))
  const good = SLOTS.map(() => 0)
  const began = performance.now()
  const phaseOf = (/** @type {number} */ at) => Math.floor((at - began) / phaseMs)
  const isCounted = (/** @type {number} */ at) => (at - began) % phaseMs >= settleMs
  const submit = (/** @type {number} */ dueMs) => {
    const ms = exponential(lengths, SERVICE_MS)
    pool
      .submit(() => work(ms), { waitTimeout: WAIT_MS })
      .then(
        () => {
          if (isCounted(dueMs) && performance.now() - dueMs <= GOOD_MS) good[phaseOf(dueMs)] += 1
        },
        (error) => {
          if (!PoolError.is(error)) throw error
        },
      )
  }

  /** @type {Record<string, number>} */
  const capacities = {}
  const endMs = began + SLOTS.length * phaseMs
  let dueMs = began
  let loop = performance.eventLoopUtilization()
  await new Promise((resolve) => {
    const tick = () => {
      const now = Math.min(performance.now(), endMs - 1)
      const slots = SLOTS[phaseOf(now)]
      if (upstream.capacity !== slots) upstream.tune(slots)
      for (; dueMs <= now; dueMs += exponential(arrivals, 1_000 / PER_SECOND)) submit(dueMs)
      const look = Math.floor((now - began) / EVERY_MS)
      capacities[`at ${look}`] ??= pool.capacity
      if (performance.now() < endMs) setTimeout(tick, 1)
      else resolve(undefined)
    }
    tick()
  })
  const { utilization } = performance.eventLoopUtilization(loop)
  control?.stop()
  await Promise.all([pool.drain(), upstream.drain()])
  const seconds = (phaseMs - settleMs) / 1_000
  return {
    ...Object.fromEntries(good.map((count, phase) => [`good ${phase}`, count / seconds])),
    loop: 100 * utilization,
    ...capacities,
  }
}

export const cases = Object.keys(POOLS).map((name) => ({
  name,
  measure: (/** @type {Settings} */ settings) => measure(/** @type {keyof typeof POOLS} */ (name), settings),
}))

export const title = 'Pools that find the size of an upstream, which halves and comes back'
export const full = { rounds: 1, phaseMs: 15_000, settleMs: 7_500 }
export const quick = { rounds: 1, phaseMs: 3_000, settleMs: 1_500 }
export const method = (/** @type {Settings} */ { phaseMs, settleMs }) =>
  `Open loop: each case in a fresh process, three phases of ${phaseMs / 1_000} s, of which the first ${settleMs / 1_000} s are to settle (30 looks at full length) and do not count. Loop: the share of its time that the event loop was busy; near 100 % it shows the machine.`

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

/** @param {Summaries} summaries @param {string} name @returns {any} */
const valuesOf = (summaries, name) => summaries.get(name)?.values

/** The share of the best fixed pool's good answers. @param {Summaries} summaries @param {string} name @param {number} phase */
function shareOf(summaries, name, phase) {
  const best = Math.max(...FIXED.map((fixed) => valuesOf(summaries, fixed)[`good ${phase}`]))
  return valuesOf(summaries, name)[`good ${phase}`] / best
}

/** @param {Summaries} summaries */
export function table(summaries) {
  const head = [
    'pool',
    ...SLOTS.map((slots) => `good per s, ${slots} slots`),
    'the least of the best fixed, %',
    'loop, %',
  ]
  const rows = cases.map(({ name }) => {
    const values = valuesOf(summaries, name)
    const least = Math.min(...SLOTS.map((_, phase) => shareOf(summaries, name, phase)))
    return [
      name,
      ...SLOTS.map((_, phase) => values[`good ${phase}`].toFixed(0)),
      (100 * least).toFixed(0),
      values.loop.toFixed(0),
    ]
  })
  return { head, rows }
}

/** All of them are ours: they compare with each other. @param {Summaries} summaries */
export function contests(summaries) {
  return SLOTS.map((slots, phase) => ({
    label: `${['first', 'then', 'at last'][phase]} ${slots} slots, good answers`,
    unit: 'per s',
    own: 'gradient from 2',
    isHigherBetter: true,
    entries: cases.map(({ name }) => ({
      name,
      value: valuesOf(summaries, name)[`good ${phase}`],
      isYardstick: name !== 'gradient from 2',
    })),
  }))
}

/** @param {Summaries} summaries */
export function aims(summaries) {
  return ADAPTED.map((name) => {
    const least = Math.min(...SLOTS.map((_, phase) => shareOf(summaries, name, phase)))
    return {
      aim: `${name}: at least 90 % of the good answers of the best fixed pool in every phase`,
      measured: `${(100 * least).toFixed(0)} %`,
      met: least >= 0.9,
    }
  })
}

/** The capacity found over time. @param {Summaries} summaries @param {'light' | 'dark'} theme */
export function chart(summaries, theme) {
  const lines = ADAPTED.filter((name) => name.startsWith('gradient')).concat('aimd from 2')
  const pointsOf = (/** @type {string} */ name) =>
    Object.entries(valuesOf(summaries, name))
      .filter(([key]) => key.startsWith('at '))
      .map(([key, value]) => ({ x: (Number(key.slice(3)) * EVERY_MS) / 1_000, y: /** @type {number} */ (value) }))
      .toSorted((a, b) => a.x - b.x)
  const series = lines.map((name) => ({ name, points: pointsOf(name) }))
  const seconds = Math.max(...series.flatMap(({ points }) => points.map(({ x }) => x)))
  const slots = SLOTS.map((y, phase) => ({
    y,
    from: (seconds * phase) / SLOTS.length,
    to: (seconds * (phase + 1)) / SLOTS.length,
  }))
  return toLines('The capacity found over time', { series, steps: slots, most: 120, x: 's', y: 'workers' }, theme)
}
