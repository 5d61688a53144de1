// `adapt`: a pool whose size an algorithm finds.
import test from 'ava'
import { MultiPool, Pool } from 'workpool'
import { type Algorithm, type Decision, type Sample, adapt, aimd, gradient, thresholds } from 'workpool/adaptive'

import { child } from '../support/child.js'
import { gate } from '../support/gate.js'
import { hear } from '../support/heard.js'
import { Recorder } from '../support/recorder.js'
import { threads } from '../support/threads.js'
import { until } from '../support/until.js'

/** Asks for these sizes, one after the other, and then for the last one; notes what it was given. */
function script(...sizes: number[]): Algorithm & { readonly samples: Sample[] } {
  const samples: Sample[] = []
  return {
    samples,
    next(sample) {
      const size = sizes[Math.min(samples.length, sizes.length - 1)]!
      samples.push(sample)
      return { size, why: `number ${samples.length}` }
    },
  }
}

test('the sizes of the algorithm are set, kept as decisions and told with their why', async (t) => {
  const pool = Pool.create({ name: 'found', size: 5 })
  const tuned = hear(t, 'workpool:pool:tuned', 'found')
  const changes: Decision[] = []
  const began = Date.now()
  using control = adapt(pool, script(7, 7, 3), { every: 5, onChange: (decision) => changes.push(decision) })
  await until(() => pool.capacity === 3, 'pool.capacity === 3')
  await until(() => changes.length === 2, 'changes.length === 2')
  t.deepEqual(
    control.decisions.map(({ before, after, why }) => [before, after, why]),
    [
      [5, 7, 'number 1'],
      [7, 3, 'number 3'],
    ],
  )
  t.deepEqual(changes, [...control.decisions])
  t.true(changes[0]!.at >= began)
  t.is(changes[0]!.sample.capacity, 5)
  const sizes = tuned.filter(({ change }) => change.size !== undefined)
  t.deepEqual(
    sizes.map(({ capacity, why }) => [capacity, why]),
    [
      [7, 'number 1'],
      [3, 'number 3'],
    ],
  )
  // What a person tunes has no why.
  control.stop()
  pool.tune(9)
  await until(() => tuned.at(-1)?.capacity === 9, 'tuned.at(-1)?.capacity === 9')
  t.false('why' in tuned.at(-1)!)
  await pool.close()
})

test('a sample has what has happened since the one before, and measure is on', async (t) => {
  const pool = Pool.create({ size: 2, maxBlockingTasks: 1 })
  const algorithm = script(2)
  using _ = adapt(pool, algorithm, { every: 20 })
  const held = gate()
  const tasks = [pool.submit(() => held.promise), pool.submit(() => held.promise), pool.submit(() => 1)]
  await t.throwsAsync(
    pool.submit(() => 1),
    { code: 'ERR_POOL_OVERLOAD' },
  )
  const from = algorithm.samples.length
  await until(() => algorithm.samples.length > from + 1, 'algorithm.samples.length > from + 1')
  const full = algorithm.samples.at(-1)!
  t.deepEqual([full.capacity, full.busy, full.waiting, full.available], [2, 2, 1, 0])
  held.open()
  await Promise.all(tasks)
  await t.throwsAsync(
    pool.submit(() => {
      throw new Error('broken')
    }),
  )
  const to = algorithm.samples.length
  await until(() => algorithm.samples.length > to + 1, 'algorithm.samples.length > to + 1')
  const sum = (of: (sample: Sample) => number): number => algorithm.samples.reduce((all, sample) => all + of(sample), 0)
  t.is(
    sum(({ completed }) => completed),
    3,
  )
  t.is(
    sum(({ failed }) => failed),
    1,
  )
  t.is(
    sum(({ refused }) => refused),
    1,
  )
  t.is(
    sum(({ run }) => run.count),
    4,
  )
  t.is(
    sum(({ wait }) => wait.count),
    4,
  )
  for (const { cpu, loopDelayP99Ms, elapsedMs, now } of algorithm.samples) {
    t.true(cpu >= 0 && cpu <= 1 && loopDelayP99Ms >= 0 && elapsedMs > 0 && now > 0)
  }
  const nows = algorithm.samples.map(({ now }) => now)
  t.deepEqual(
    nows,
    nows.toSorted((a, b) => a - b),
  )
  t.is(pool.stats().run?.count, 4)
  await pool.close()
})

test('a process that is busy and an event loop that is late show in the sample', async (t) => {
  const pool = Pool.create()
  const algorithm = script(256)
  using _ = adapt(pool, algorithm, { every: 50 })
  await until(() => {
    const end = performance.now() + 40
    while (performance.now() < end);
    return algorithm.samples.some(({ cpu, loopDelayP99Ms }) => cpu > 0 && loopDelayP99Ms > 10)
  }, 'a sample that shows it')
  t.pass()
  await pool.close()
})

test('min and max hold for an algorithm that wants to leave them, and for a pool that is outside', async (t) => {
  const pool = Pool.create({ size: 50 })
  const decided: number[] = []
  using _ = adapt(
    pool,
    { ...script(1, 100, 1), min: 4, max: 20 },
    { every: 2, onChange: ({ after }) => decided.push(after) },
  )
  await until(() => decided.length === 3, 'decided.length === 3')
  t.deepEqual(decided, [4, 20, 4])
  await pool.close()

  for (const [size, expected] of [
    [300, 20],
    [Infinity, 20],
    [1, 5],
  ] as const) {
    for (const algorithm of [gradient, aimd, thresholds.load, thresholds.latency, thresholds.cpu]) {
      const other = Pool.create({ size })
      using __ = adapt(other, algorithm({ min: 5, max: 20 }), { every: 2 })
      await until(() => other.capacity === expected, 'other.capacity === expected')
      await other.close()
    }
  }
})

test('one change is by step at most, and after it none comes for cooldown', async (t) => {
  const pool = Pool.create({ size: 10 })
  const decided: [number, number][] = []
  using _ = adapt(pool, script(100), {
    every: 2,
    step: 3,
    cooldown: 60,
    onChange: ({ after, sample }) => decided.push([after, sample.now]),
  })
  await until(() => decided.length === 3, 'decided.length === 3')
  t.deepEqual(
    decided.map(([after]) => after),
    [13, 16, 19],
  )
  t.true(decided[1]![1] - decided[0]![1] >= 60 && decided[2]![1] - decided[1]![1] >= 60)
  await pool.close()
})

test('a capacity that somebody else has set is their decision: it starts anew from there', async (t) => {
  const pool = Pool.create({ size: 10 })
  let restarts = 0
  const given: number[] = []
  const algorithm: Algorithm = {
    next({ capacity }) {
      given.push(capacity)
      return { size: capacity === 10 ? 12 : capacity, why: 'as it is' }
    },
    restart: () => void restarts++,
  }
  using control = adapt(pool, algorithm, { every: 2 })
  await until(() => pool.capacity === 12, 'pool.capacity === 12')
  t.is(restarts, 0)
  pool.tune(40)
  await until(() => given.at(-1) === 40, 'given.at(-1) === 40')
  t.is(restarts, 1)
  t.is(pool.capacity, 40)
  t.is(control.decisions.length, 1)
  await pool.close()
})

test('while the pool is paused nothing is decided', async (t) => {
  const pool = Pool.create({ size: 10 })
  const algorithm = script(10)
  using _ = adapt(pool, algorithm, { every: 2 })
  await until(() => algorithm.samples.length > 2, 'algorithm.samples.length > 2')
  pool.pause()
  const before = algorithm.samples.length
  // Other timers of the same length have had their turn many times.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 2))
  t.is(algorithm.samples.length, before)
  pool.resume()
  await until(() => algorithm.samples.length > before, 'algorithm.samples.length > before')
  await pool.close()
})

test('it ends by stop, and the size stays', async (t) => {
  const pool = Pool.create({ size: 10 })
  const first = script(12)
  const control = adapt(pool, first, { every: 2 })
  await until(() => control.decisions.length === 1, 'a decision')
  control.stop()
  control.stop()
  const { length } = first.samples
  const second = script(12)
  {
    using _ = adapt(pool, second, { every: 2 })
    await until(() => second.samples.length > 3, 'samples of the next one')
  }
  // The one that was stopped has seen nothing meanwhile.
  t.is(first.samples.length, length)
  const third = script(12)
  using _ = adapt(pool, third, { every: 2 })
  const seen = second.samples.length
  await until(() => third.samples.length > 3, 'samples of the third one')
  t.is(second.samples.length, seen)
  t.is(pool.capacity, 12)
  await pool.close()
})

test('it ends with the pool, also if the pool is opened again at once', async (t) => {
  const pool = Pool.create({ size: 10 })
  const algorithm = script(10)
  adapt(pool, algorithm, { every: 2 })
  await until(() => algorithm.samples.length > 2, 'samples')
  pool.release()
  pool.reboot()
  const { length } = algorithm.samples
  const next = script(10)
  const again = (): boolean => {
    try {
      adapt(pool, next, { every: 2 })
      return true
    } catch {
      return false
    }
  }
  await until(again, 'the end of the first one')
  await until(() => next.samples.length > 3, 'samples of the next one')
  t.is(algorithm.samples.length, length)
  await pool.close()
})

test('what onChange and the algorithm throw goes to the logger of the pool, and it goes on', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 10, logger })
  let asked = 0
  const broken: Algorithm = {
    next({ capacity }) {
      asked++
      if (asked === 1) throw new Error('no idea')
      if (asked === 2) return { size: Number.NaN, why: 'odd' }
      if (asked === 3) return undefined as never
      return { size: capacity === 10 ? 11 : 10, why: 'to and fro' }
    },
  }
  let told = 0
  using _ = adapt(pool, broken, {
    every: 2,
    onChange() {
      told++
      if (told === 1) throw new Error('told')
      return Promise.reject(new Error('told later'))
    },
  })
  await until(() => told > 2 && logger.at('error').length >= 5, 'as expected')
  const messages = logger.at('error').map(({ obj }) => (obj as { err: Error }).err.message)
  t.is(messages[0], 'no idea')
  t.regex(messages[1]!, /size must be an integer from 1 to 2147483647, not NaN/)
  t.regex(messages[2]!, /what next gives must be \{ size, why \}, not undefined/)
  t.deepEqual(messages.slice(3, 5), ['told', 'told later'])
  await pool.close()
})

test('the last 100 decisions are kept', async (t) => {
  const pool = Pool.create({ size: 10 })
  let told = 0
  const toAndFro: Algorithm = { next: ({ capacity }) => ({ size: capacity === 10 ? 11 : 10, why: `${told}` }) }
  using control = adapt(pool, toAndFro, { every: 1, onChange: () => told++ })
  await until(() => told >= 103, 'told >= 103')
  t.is(control.decisions.length, 100)
  t.is(control.decisions.at(-1)!.why, `${told - 1}`)
  await pool.close()
})

test('a thread pool is adapted, too, and a shared pool once', async (t) => {
  t.timeout(60_000)
  const calls = threads(t, { size: 1 })
  using _ = adapt(calls, script(2), { every: 2 })
  await until(() => calls.capacity === 2, 'calls.capacity === 2')
  await calls.close()

  const shared = Pool.create({ name: 'adapted together', shared: true, size: 3 })
  const other = Pool.create({ name: 'adapted together', shared: true })
  using __ = adapt(shared, script(4), { every: 2 })
  t.throws(() => adapt(other, script(5)), { code: 'ERR_POOL_OPTION', message: /is adapted already/ })
  await until(() => other.capacity === 4, 'other.capacity === 4')
  await shared[Symbol.asyncDispose]()
  await other.close()
})

test('what is no pool with a size of its own, and bad options, are refused at once', async (t) => {
  const refused = (call: () => unknown, message: RegExp): void =>
    void t.throws(call, { code: 'ERR_POOL_OPTION', message })
  const pool = Pool.create({ size: 10 })
  const several = MultiPool.of([pool])
  refused(() => adapt(several as never, gradient()), /adapt takes no MultiPool: .*one by one/)
  refused(() => adapt({} as never, gradient()), /pool must be a Pool, a ThreadPool or a NativePool, not {}/)
  refused(
    () => adapt(undefined as never, gradient()),
    /pool must be a Pool, a ThreadPool or a NativePool, not undefined/,
  )
  refused(
    () => adapt(pool.with({ priority: 0 }) as never, gradient()),
    /pool must be a Pool, a ThreadPool or a NativePool/,
  )
  refused(() => adapt(pool, undefined as never), /algorithm must be an object with the method next/)
  refused(() => adapt(pool, gradient as never), /algorithm must be an object with the method next/)
  refused(() => adapt(pool, { ...script(1), restart: 1 as never }), /restart of the algorithm is no function/)
  refused(() => adapt(pool, { ...script(1), min: 5, max: 4 }), /max must be at least min, 5, not 4/)
  refused(() => adapt(pool, { ...script(1), min: 0 }), /min must be an integer from 1/)
  refused(() => adapt(pool, gradient(), null as never), /the options of adapt must be an object/)
  refused(
    () => adapt(pool, gradient(), { evry: 1 } as never),
    /unknown option evry in the options of adapt; did you mean every/,
  )
  refused(() => adapt(pool, gradient(), { every: 0 }), /every must be an integer from 1/)
  refused(() => adapt(pool, gradient(), { cooldown: -1 }), /cooldown must be a number of ms from 0/)
  refused(() => adapt(pool, gradient(), { step: 1.5 }), /step must be an integer from 1, or Infinity, not 1.5/)
  refused(() => adapt(pool, gradient(), { onChange: 1 as never }), /onChange must be a function/)
  // None of them has left anything behind.
  t.is(pool.stats().run, undefined)
  const algorithm = gradient()
  const control = adapt(pool, algorithm)
  refused(() => adapt(pool, gradient()), /the pool ".*" is adapted already/)
  control.stop()
  refused(() => adapt(pool, algorithm), /an algorithm is of one adapt/)
  await pool.close()
  refused(() => adapt(pool, gradient()), /is closed, so there is no size to find/)
})

test('it keeps neither the process nor the pool alive', async (t) => {
  t.timeout(60_000)
  const { code, stdout } = await child('adapted', { execArgv: ['--expose-gc'] })
  t.is(stdout.trim(), 'collected')
  t.is(code, 0)
})
