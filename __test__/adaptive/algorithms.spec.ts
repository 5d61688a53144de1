// `aimd`, `climb` and `gradient`, sample by sample. How they find a size is in simulated.spec.ts.
import test from 'ava'
import { type Algorithm, aimd, climb, gradient } from 'workpool/adaptive'

import { sampled, times } from './sampled.js'

test('aimd adds while the pool is full and all is well, and multiplies when there is too much', (t) => {
  const algorithm = aimd({ maxRunMs: 50, increase: 2 })
  t.is(algorithm.next(sampled({ capacity: 20 })).size, 22)
  t.is(algorithm.next(sampled({ capacity: 22, run: times(51) })).size, 19)
  // 22 × 0.9 = 19.8, of which the fraction is kept.
  t.is(algorithm.next(sampled({ capacity: 19 })).size, 21)
  t.is(algorithm.next(sampled({ capacity: 21, failed: 10 })).size, 19)
  t.is(algorithm.next(sampled({ capacity: 19, timedOut: 10 })).size, 17)
  // 5 % may fail.
  t.is(algorithm.next(sampled({ capacity: 17, completed: 95, failed: 5 })).size, 19)
  // Times do not count unless somebody says which.
  t.is(aimd().next(sampled({ run: times(1e6) })).size, 11)
})

test('none grows while the pool is not used', (t) => {
  for (const algorithm of [aimd(), climb(), gradient()]) {
    for (let second = 0; second < 100; second++) {
      t.is(algorithm.next(sampled({ capacity: 20, busy: 5, run: times(10, 50) })).size, 20)
    }
  }
})

test('tasks that ran in short bursts between two looks count as use', (t) => {
  // 2,000 tasks of 9.9 ms in a second are 19.8 at a time.
  t.is(aimd().next(sampled({ capacity: 20, busy: 0, run: times(9.9, 2_000) })).size, 21)
})

test('no size is outside of min and max, whatever happens', (t) => {
  for (const make of [aimd, climb, gradient]) {
    const algorithm: Algorithm = make({ min: 3, max: 12 })
    let capacity = 8
    let [state, seen] = [1, new Set<number>()]
    for (let second = 0; second < 2_000; second++) {
      state = (state * 48_271) % 2_147_483_647
      const [a, b] = [state % 7, (state >> 8) % 50]
      const given = { capacity, waiting: a, failed: a === 6 ? 500 : 0, run: times(1 + b, 20 * a), cpu: b / 50 }
      capacity = algorithm.next(sampled(given)).size
      seen.add(capacity)
      t.true(capacity >= 3 && capacity <= 12 && Number.isInteger(capacity))
    }
    t.true(seen.size > 1)
  }
})

test('gradient learns nothing from a sample with few tasks, or of which many fail', (t) => {
  t.regex(gradient().next(sampled({ run: times(10, 9) })).why, /9 tasks are too few to tell/)
  const algorithm = gradient()
  t.regex(algorithm.next(sampled({ completed: 80, failed: 20 })).why, /20 % fail, so times say nothing/)
  t.is(algorithm.next(sampled({ completed: 80, failed: 20 })).size, 10)
})

test('gradient puts samples with few tasks together, and so leaves a size at which all of them are few', (t) => {
  // Twenty slots and 50 ms, four looks a second: one worker does five tasks between two looks.
  const algorithm = gradient({ max: 100 })
  let capacity = 2
  for (let look = 0; look < 60; look++) {
    const run = times(50 * Math.max(1, capacity / 20), 5 * Math.min(capacity, 20))
    capacity = algorithm.next(sampled({ capacity, waiting: 5, run, elapsedMs: 250 })).size
  }
  t.true(capacity >= 16 && capacity <= 26, `found ${capacity}`)
})

test('climb goes up while throughput follows, down while it costs, and stays about where that ends', (t) => {
  /** The mean size of the last hundred samples. */
  const climbed = (throughput: (size: number) => number, from: number): number => {
    const algorithm = climb({ max: 100 })
    let [capacity, sum] = [from, 0]
    for (let second = 0; second < 300; second++) {
      capacity = algorithm.next(sampled({ capacity, waiting: 1, run: times(10, throughput(capacity)) })).size
      if (second >= 200) sum += capacity
    }
    return sum / 100
  }
  // Eight processors: up to 8 threads each does its own work, and each beyond costs something.
  const processors =
    (cost: number) =>
    (size: number): number =>
      1_000 * Math.min(size, 8) - cost * Math.max(0, size - 8)
  for (const [from, cost] of [
    [2, 5],
    [2, 100],
    [20, 100],
  ] as const) {
    const found = climbed(processors(cost), from)
    t.true(found >= 6.5 && found <= 12, `from ${from}: ${found}`)
  }
})

test('climb does not go up where the processors are in use', (t) => {
  const algorithm = climb({ max: 100, perSecond: 20 })
  let capacity = 4
  for (let second = 0; second < 100; second++) {
    capacity = algorithm.next(sampled({ capacity, waiting: 1, cpu: 0.99, run: times(10, 100 * capacity) })).size
  }
  t.true(capacity <= 5)
})

test('bad options are refused at once', (t) => {
  const refused = (call: () => unknown, message: RegExp): void =>
    void t.throws(call, { code: 'ERR_POOL_OPTION', message })
  for (const make of [aimd, climb, gradient] as ((options?: unknown) => Algorithm)[]) {
    refused(() => make({ min: 0 }), /min must be an integer from 1/)
    refused(() => make({ max: Infinity }), /max must be an integer from 1/)
    refused(() => make({ min: 9, max: 8 }), /max must be at least min, 9, not 8/)
    refused(() => make({ most: 8 }), /unknown option most/)
    refused(() => make(null), /must be an object, not null/)
    refused(() => make({ min: null }), /min must be an integer from 1 to 2147483647, not null/)
    t.is(make({ min: 500, max: undefined }).max, 500)
  }
  refused(() => aimd({ backoff: 1 }), /backoff must be a number above 0 and up to 0.999, not 1/)
  refused(() => aimd({ increase: 0 }), /increase must be a number above 0/)
  refused(() => aimd({ maxRunMs: -1 }), /maxRunMs must be a number of ms above 0/)
  refused(() => aimd({ maxFailing: 2 }), /maxFailing must be a number from 0 to 1/)
  refused(() => gradient({ smoothing: 0 }), /smoothing must be a number above 0 and up to 1/)
  refused(() => gradient({ window: 1 }), /window must be an integer from 100/)
  refused(() => gradient({ probe: 1 }), /probe must be a number above 0 and up to 0.5/)
  refused(() => gradient({ probeEvery: 1 }), /probeEvery must be an integer from 2/)
  refused(() => climb({ bias: -1 }), /bias must be a number from 0 to 1/)
  refused(() => climb({ perSecond: 0 }), /perSecond must be a number above 0/)
  refused(() => climb({ waves: 1 }), /waves must be an integer from 2/)
  refused(() => climb({ signalToNoise: 0 }), /signalToNoise must be a number above 0/)
})
