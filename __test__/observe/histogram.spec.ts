// What a histogram says of times that are known exactly.
import test from 'ava'
import fc from 'fast-check'

import { Measuring } from '../../src/native/abi.js'
import { floorOf, histogramOf } from '../../src/observe/histogram.js'

const FLOORS = Array.from({ length: Measuring.buckets }, (_, bucket) => floorOf(bucket))
const HOUR = 3.6e12

function bucketOf(time: number): number {
  let [low, high] = [0, FLOORS.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (FLOORS[middle]! <= time) low = middle
    else high = middle - 1
  }
  return low
}

/** As the core counts them. Nanoseconds. */
function histogram(times: readonly number[]) {
  const counts = new Float64Array(Measuring.buckets)
  for (const time of times) counts[bucketOf(time)]!++
  return histogramOf({
    count: times.length,
    sum: times.reduce((sum, time) => sum + time, 0),
    shortest: times.reduce((least, time) => Math.min(least, time), times.length === 0 ? 0 : Infinity),
    longest: times.reduce((most, time) => Math.max(most, time), 0),
    counts,
  })
}

/** In ms. */
function exact(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length - 1e-9) - 1)]! / 1e6
}

const shapes: Record<string, (random: number, other: number) => number> = {
  uniform: (random) => 1e3 + random * 1e9,
  lognormal: (random, other) =>
    Math.min(
      HOUR,
      Math.max(1e3, 1e6 * Math.exp(2 * Math.sqrt(-2 * Math.log(1 - random)) * Math.cos(2 * Math.PI * other))),
    ),
  Pareto: (random) => Math.min(HOUR, 1e4 * (1 - random) ** (-1 / 0.7)),
  'two peaks': (random, other) => (other < 0.95 ? 2e3 + random * 1e3 : 2e9 + random * 3e12),
}
for (const [name, draw] of Object.entries(shapes)) {
  test(`percentiles are within 1 % of the exact ones: ${name}`, (t) => {
    // The same numbers in each run.
    let seed = 1
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const times = Array.from({ length: 1_000_000 }, () => Math.floor(draw(random(), random())))
    const measured = histogram(times)
    times.sort((one, other) => one - other)
    for (const percent of [0, 0.1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100]) {
      const [expected, found] = [exact(times, percent), measured.percentile(percent)]
      t.true(Math.abs(found - expected) <= expected * 0.01, `${percent} %: ${found} instead of ${expected}`)
    }
    t.deepEqual(
      [measured.p50, measured.p90, measured.p99, measured.p999],
      [50, 90, 99, 99.9].map((percent) => measured.percentile(percent)),
    )
  })
}

const times = fc.array(fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 3.6e12 })), {
  maxLength: 60,
})

test('the merged histogram is the one of all times', (t) => {
  fc.assert(
    fc.property(times, times, times, (one, two, three) => {
      const merged = histogram(one).plus(histogram(two)).plus(histogram(three))
      t.deepEqual({ ...merged }, { ...histogram([...one, ...two, ...three]) })
      for (const percent of [0, 33, 66, 100]) {
        t.is(merged.percentile(percent), histogram([...one, ...two, ...three]).percentile(percent))
      }
    }),
  )
})

test('a difference is the histogram of what came between, and its ends are known within 2 %', (t) => {
  fc.assert(
    fc.property(times, times, (before, between) => {
      const window = histogram([...before, ...between]).minus(histogram(before))
      const expected = histogram(between)
      t.is(window.count, between.length)
      t.is(window.sum, expected.sum)
      // Percentiles are kept between the ends, which are exact in one of the two only.
      for (const part of ['min', 'max', 'p50', 'p99'] as const) {
        t.true(Math.abs(window[part] - expected[part]) <= expected[part] * 0.02 + 2e-5, part)
      }
    }),
  )
})

test('how many times are below a bound is right within 1 % of the bound, and grows with both', (t) => {
  fc.assert(
    fc.property(times, times, fc.double({ min: 0, max: 4e6, noNaN: true }), (some, more, ms) => {
      const [early, late] = [histogram(some), histogram([...some, ...more])]
      const below = (bound: number) => some.filter((time) => time <= bound * 1e6).length
      t.true(early.countBelow(ms) >= below(ms * 0.99 - 2e-5) && early.countBelow(ms) <= below(ms * 1.01 + 2e-5))
      t.true(late.countBelow(ms) >= early.countBelow(ms) && early.countBelow(ms * 2) >= early.countBelow(ms))
      t.is(early.countBelow(Infinity), some.length)
    }),
  )
})

test('what is longer than the longest bucket is below no bound, and told as the longest', (t) => {
  const day = histogram([24 * HOUR, 24 * HOUR, 48 * HOUR])
  t.is(day.countBelow(1e12), 0)
  t.is(day.countBelow(Infinity), 3)
  t.deepEqual(
    [day.min, day.max, day.p50],
    [24 * HOUR, 48 * HOUR, 48 * HOUR].map((time) => time / 1e6),
  )
})

test('an empty histogram has zeros, and no time is below a bound', (t) => {
  const empty = histogram([])
  t.deepEqual({ ...empty }, { count: 0, mean: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0, p999: 0 })
  t.is(empty.sum, 0)
  t.is(empty.countBelow(Infinity), 0)
  t.deepEqual({ ...empty.minus(empty) }, { ...empty })
})

test('a histogram does not change: not by what is merged with it, and nobody can write to it by JSON or a spread', (t) => {
  const one = histogram([1e6, 2e6])
  const before = JSON.stringify(one)
  one.plus(histogram([5e6])).minus(one)
  t.is(JSON.stringify(one), before)
  t.deepEqual(JSON.parse(before), { count: 2, mean: 1.5, min: 1, max: 2, p50: 1, p90: 2, p99: 2, p999: 2 })
})

test('bad arguments are refused, with what is allowed', (t) => {
  const one = histogram([1e6])
  const refused = (call: () => unknown, name: 'TypeError' | 'RangeError', message: RegExp) =>
    t.throws(call, { code: 'ERR_POOL_OPTION', name, message })
  refused(() => one.percentile(-1), 'RangeError', /percent must be a number from 0 to 100/)
  refused(() => one.percentile(Number.NaN), 'RangeError', /percent/)
  refused(() => one.percentile(100.1), 'RangeError', /percent/)
  refused(() => one.percentile('99' as never), 'TypeError', /percent/)
  refused(() => one.countBelow(-1), 'RangeError', /ms must be a number from 0/)
  refused(() => one.countBelow(undefined as never), 'TypeError', /ms/)
  refused(() => one.plus({} as never), 'TypeError', /other must be a histogram/)
  refused(() => one.minus(null as never), 'TypeError', /earlier must be a histogram/)
  refused(() => one.minus(histogram([1e6, 1e6])), 'RangeError', /earlier must be an earlier histogram/)
  refused(() => new (one.constructor as any)(Symbol('create'), {}), 'TypeError', /made by histogram\(\) of a pool/)
})
