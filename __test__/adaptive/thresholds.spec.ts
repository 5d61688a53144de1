// `thresholds`: the recipes do what they say, number by number.
import test from 'ava'
import { type Algorithm, type Sample, thresholds } from 'workpool/adaptive'

import { sampled, times } from './sampled.js'

const sizeOf = (algorithm: Algorithm, given: Partial<Sample>): number => algorithm.next(sampled(given)).size
/** With so many of 100 workers busy. */
const at = (algorithm: Algorithm, busy: number, more: Partial<Sample> = {}): number =>
  sizeOf(algorithm, { capacity: 100, busy, ...more })

test('load: above 0.9 twice, above 0.7 1.5 times, or else 10 more; nothing between 0.3 and 0.8', (t) => {
  const load = thresholds.load({ max: 1_000 })
  t.deepEqual(
    [95, 91, 90, 85, 81, 80, 75, 50, 31, 30].map((busy) => at(load, busy)),
    [200, 200, 150, 150, 150, 100, 100, 100, 100, 100],
  )
  const early = thresholds.load({ max: 1_000, up: 0.5 })
  t.deepEqual(
    [51, 70, 71, 90, 91].map((busy) => at(early, busy)),
    [110, 110, 150, 150, 200],
  )
})

test('load: below 0.3, with more than half available, it halves', (t) => {
  const load = thresholds.load()
  t.deepEqual(
    [29, 10, 0].map((busy) => at(load, busy)),
    [50, 50, 50],
  )
  t.is(at(load, 29, { available: 50 }), 100)
  t.is(sizeOf(load, { capacity: 1, busy: 0 }), 1)
  t.is(at(thresholds.load({ down: 0.5 }), 49), 50)
})

test('load: more than 100 that wait double it, whatever is busy; the bound can be another', (t) => {
  const load = thresholds.load({ max: 1_000 })
  t.deepEqual([at(load, 50, { waiting: 100 }), at(load, 50, { waiting: 101 })], [100, 200])
  const many = thresholds.load({ max: 1_000, waiting: 1_000 })
  t.deepEqual([at(many, 50, { waiting: 1_000 }), at(many, 50, { waiting: 1_001 })], [100, 200])
})

test('load: it does not swing between two sizes, as a half of what 0.3 left is below 0.8', (t) => {
  const load = thresholds.load({ max: 1_000 })
  for (let busy = 1; busy <= 100; busy++) {
    const first = at(load, busy)
    const second = sizeOf(load, { capacity: first, busy: Math.min(busy, first) })
    if (first < 100) t.is(second <= first, true, `${busy} busy: ${first}, ${second}`)
  }
})

test('thresholds is load, with growth and shrinking by given factors', (t) => {
  const own = thresholds({ max: 1_000, up: 0.6, down: 0.2, grow: 1.1, shrink: 0.75 })
  t.deepEqual(
    [61, 60, 20, 19].map((busy) => at(own, busy)),
    [111, 100, 100, 75],
  )
})

test('latency: one more above 800 ms of waiting; two more above 75 % of the processors up to 16; one less below 30 % if more than two are available', (t) => {
  /** After five samples of these. */
  const after = (given: Partial<Sample>, options = {}): number => {
    const latency = thresholds.latency(options)
    let { size } = latency.next(sampled(given))
    for (let second = 1; second < 5; second++) ({ size } = latency.next(sampled(given)))
    return size
  }
  t.is(after({ wait: times(801) }), 11)
  t.is(after({ wait: times(800) }), 10)
  // Waiting comes first.
  t.is(after({ wait: times(801), cpu: 0.9 }), 11)
  t.deepEqual([after({ cpu: 0.76 }), after({ cpu: 0.75 })], [12, 10])
  t.deepEqual(
    [14, 15, 16, 40].map((capacity) => after({ capacity, cpu: 0.9 })),
    [16, 16, 16, 40],
  )
  t.is(after({ capacity: 16, wait: times(900) }), 17)
  t.deepEqual(
    [3, 2].map((available) => after({ cpu: 0.29, available })),
    [9, 10],
  )
  t.is(after({ cpu: 0.3, available: 10 }), 10)
  t.is(after({ cpu: 0.9 }, { cpuMax: 11 }), 11)
})

test('latency: the processors count as the mean of the last five seconds', (t) => {
  const latency = thresholds.latency()
  const sizes = [1, 1, 1, 1, 0.5, 0, 0, 0].map((cpu) => latency.next(sampled({ cpu })).size)
  // Not known; 0.9; then 0.7 and less.
  t.deepEqual(sizes, [10, 10, 10, 10, 12, 10, 10, 10])
  // One sample of five seconds is as good.
  t.is(thresholds.latency().next(sampled({ cpu: 0.8, elapsedMs: 5_000 })).size, 12)
})

test('cpu: two more after 30 s above 80 %, one less after 2 min below 40 %, and nothing counts while workers warm up', (t) => {
  const cpu = thresholds.cpu()
  const run = (seconds: number, share: number): number[] =>
    Array.from({ length: seconds }, () => cpu.next(sampled({ cpu: share })).size)
  t.deepEqual(run(30, 0.81), [...Array(29).fill(10), 12])
  // 10 s of warming up, and 30 s anew.
  t.deepEqual(run(40, 0.9), [...Array(39).fill(10), 12])
  t.deepEqual(run(10, 0.9), Array(10).fill(10))
  t.deepEqual(run(29, 0.9), Array(29).fill(10))
  // A moment below begins it anew.
  t.deepEqual(run(1, 0.8), [10])
  t.deepEqual(run(29, 0.9), Array(29).fill(10))
  t.deepEqual(run(120, 0.39), [...Array(119).fill(10), 9])
  t.deepEqual(run(119, 0.39), Array(119).fill(10))
  t.deepEqual(run(1, 0.4), [10])
  t.deepEqual(run(119, 0.39), Array(119).fill(10))
})

test('bad options are refused at once', (t) => {
  const refused = (call: () => unknown, message: RegExp): void =>
    void t.throws(call, { code: 'ERR_POOL_OPTION', message })
  refused(() => thresholds({ up: 0.3, down: 0.3 }), /down must be below up, 0.3, not 0.3/)
  refused(() => thresholds.load({ up: 2 }), /up must be a number from 0 to 1, not 2/)
  refused(() => thresholds.load({ grow: 1 }), /grow must be a number above 1 and up to 10, not 1/)
  refused(() => thresholds.load({ shrink: 1 }), /shrink must be a number above 0 and up to 0.99, not 1/)
  refused(() => thresholds.load({ waiting: -1 }), /waiting must be an integer from 0/)
  refused(() => thresholds.load({ wait: 1 } as never), /unknown option wait/)
  refused(() => thresholds.load({ min: 5, max: 4 }), /max must be at least min, 5, not 4/)
  refused(() => thresholds.latency({ waitMs: 0 }), /waitMs must be a number of ms above 0/)
  refused(() => thresholds.latency({ cpuUp: 0.2 }), /cpuDown must be below cpuUp, 0.2, not 0.3/)
  refused(() => thresholds.cpu({ upMs: '1' as never }), /upMs must be a number of ms above 0.*not '1'/)
  refused(() => thresholds.cpu({ down: 0.9 }), /down must be below up, 0.8, not 0.9/)
  refused(() => thresholds.cpu(null as never), /must be an object, not null/)
})
