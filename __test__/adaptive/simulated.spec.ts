/**
 * Algorithms against a simulated upstream (upstream.ts): the sizes that they find, against the best of all fixed sizes. What is asserted is
 * what docs/adaptive.md says.
 */
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { type Algorithm, aimd, gradient } from 'workpool/adaptive'

import { type Conditions, type Second, Simulation, p99 } from './upstream.js'

type Phase = readonly [seconds: number, conditions: Partial<Conditions>]

interface Result {
  /** Answers in time, per second. */
  readonly good: number
  /** Of the time in the upstream, in ms. */
  readonly p99: number
}

/** From when on a phase counts: an algorithm has so many samples to settle. */
const SETTLED = 30
const SERVICE_MS = 20
/** More than the upstream can do. */
const overloaded = (slots: number): number => (1.5 * slots * 1_000) / SERVICE_MS

const resultOf = (seconds: readonly { good: number; runs: readonly number[] }[]): Result => ({
  good: seconds.reduce((sum, { good }) => sum + good, 0) / seconds.length,
  p99: p99(seconds.flatMap(({ runs }) => runs)),
})

const bests = new Map<string, Result>()

/** Of all fixed sizes around the number of slots, the one with the most good answers. */
function bestFixed(perSecond: number, conditions: Partial<Conditions>): Result {
  const key = JSON.stringify([perSecond, conditions])
  const known = bests.get(key)
  if (known !== undefined) return known
  const results = [0.8, 0.9, 1, 1.1, 1.2, 1.4].map((part) => {
    const simulation = new Simulation(perSecond, 7)
    const size = Math.round(conditions.slots! * part)
    return resultOf(Array.from({ length: 15 }, () => simulation.second(size, conditions)).slice(5))
  })
  const best = results.reduce((one, other) => (other.good > one.good ? other : one))
  bests.set(key, best)
  return best
}

interface PhaseSeen {
  readonly result: Result
  readonly best: Result
  readonly sizes: readonly number[]
}

/** What becomes of each phase of more than `SETTLED` seconds, from then on. */
async function run(
  algorithm: Algorithm,
  start: number,
  perSecond: number,
  seed: number,
  phases: readonly Phase[],
): Promise<PhaseSeen[]> {
  const simulation = new Simulation(perSecond, seed)
  const seen: PhaseSeen[] = []
  let size = start
  for (const [length, conditions] of phases) {
    const seconds: Second[] = []
    for (let second = 0; second < length; second++) {
      const now = simulation.second(size, conditions)
      size = algorithm.next(now.sample).size
      if (second >= SETTLED) seconds.push(now)
      // Whoever runs the tests is to hear of them.
      await turn()
    }
    if (seconds.length === 0) continue
    const sizes = seconds.map(({ sample }) => sample.capacity)
    seen.push({ result: resultOf(seconds), best: bestFixed(perSecond, conditions), sizes })
  }
  return seen
}

/** Which part of the sizes is within 15 % of the one in the middle, or within two workers. */
function steadiness(sizes: readonly number[]): number {
  const middle = sizes.toSorted((a, b) => a - b)[sizes.length >> 1]!
  const most = Math.max(2, 0.15 * middle)
  return sizes.filter((size) => Math.abs(size - middle) <= most).length / sizes.length
}

function meets(t: { true(is: boolean, message: string): unknown }, seen: readonly PhaseSeen[], what: string): void {
  for (const { result, best, sizes } of seen) {
    const [good, slower, steady] = [result.good / best.good, result.p99 / best.p99, steadiness(sizes)]
    const told = `${what}: ${good.toFixed(3)} of the goodput, p99 × ${slower.toFixed(2)}, ${steady.toFixed(2)} steady: ${sizes.join(' ')}`
    t.true(good >= 0.95 && slower <= 1.5 && steady >= 0.95, told)
  }
}

const found = (slots: number, starts: readonly number[], conditions: Partial<Conditions> = {}) => {
  test.serial(
    `gradient finds ${slots} slots from ${starts.join(', ')}${conditions.noise ? ', in noise' : ''}`,
    async (t) => {
      t.timeout(300_000)
      for (const start of starts) {
        const algorithm = gradient({ max: 1_000 })
        meets(t, await run(algorithm, start, overloaded(slots), 1, [[70, { slots, ...conditions }]]), `from ${start}`)
      }
    },
  )
}

for (const slots of [10, 50, 200]) {
  found(slots, [2, slots, 4 * slots])
  found(slots, [2], { noise: 0.05 })

  test.serial(`gradient finds ${slots} slots of an upstream that starts slowly`, async (t) => {
    t.timeout(300_000)
    const slow = Array.from({ length: 10 }, (_, second): Phase => [
      1,
      { slots: Math.ceil((slots * (second + 1)) / 10) },
    ])
    const seen = await run(gradient(), 2, overloaded(slots), 1, [...slow, [70, { slots }]])
    meets(t, seen, 'slow start')
  })

  test.serial(`gradient keeps ${slots} slots while half of all tasks fail for ten seconds`, async (t) => {
    t.timeout(300_000)
    const seen = await run(gradient(), slots, overloaded(slots), 1, [
      [45, { slots }],
      [10, { slots, failing: 0.5 }],
      [50, { slots }],
    ])
    meets(t, seen, 'failing')
  })
}

for (const slots of [10, 50]) {
  test.serial(`gradient follows ${slots} slots that become four times as many, and as few again`, async (t) => {
    t.timeout(300_000)
    const phases: Phase[] = [
      [50, { slots }],
      [60, { slots: 4 * slots }],
      [60, { slots }],
    ]
    meets(t, await run(gradient({ max: 1_000 }), slots, overloaded(4 * slots), 1, phases), 'steps')
  })
}

test.serial('gradient follows 200 slots that become 50, and 200 again', async (t) => {
  t.timeout(300_000)
  const phases: Phase[] = [
    [50, { slots: 200 }],
    [60, { slots: 50 }],
    [60, { slots: 200 }],
  ]
  meets(t, await run(gradient({ max: 1_000 }), 200, overloaded(200), 2, phases), 'steps')
})

test.serial('gradient leaves the size where it is if each task takes twice as long with as many slots', async (t) => {
  t.timeout(300_000)
  const phases: Phase[] = [
    [45, { slots: 50 }],
    [80, { slots: 50, serviceMs: 2 * SERVICE_MS }],
  ]
  meets(t, await run(gradient(), 50, overloaded(50), 1, phases), 'slower')
})

test.serial(
  'aimd with a bound for running times follows a quarter of the slots, and all of them again, but swings',
  async (t) => {
    t.timeout(300_000)
    for (const slots of [10, 50]) {
      const algorithm = aimd({ max: 1_000, maxRunMs: 60, increase: 4 })
      const phases: Phase[] = [
        [45, { slots: 4 * slots }],
        [60, { slots }],
        [60, { slots: 4 * slots }],
      ]
      for (const { result, best } of await run(algorithm, 4 * slots, overloaded(4 * slots), 1, phases)) {
        const told = `${slots}: ${result.good} of ${best.good}, ${result.p99} to ${best.p99} ms`
        t.true(result.good >= 0.95 * best.good && result.p99 <= 1.5 * best.p99, told)
      }
    }
  },
)

test('the same seed gives the same samples', (t) => {
  const [one, other] = [3, 3].map((seed) => new Simulation(1_000, seed).second(10, { slots: 10, noise: 0.1 }).sample)
  t.deepEqual(one, other)
  t.notDeepEqual(one, new Simulation(1_000, 4).second(10, { slots: 10, noise: 0.1 }).sample)
})
