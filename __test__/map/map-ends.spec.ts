import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClosedError } from 'workpool'

import { child } from '../support/child.js'
import { counted, generated } from '../support/counted.js'
import { gate, occupy } from '../support/gate.js'
import { rejection, until } from '../support/until.js'

const DONE = { value: undefined, done: true }
const forever = () => new Promise<never>(() => {})
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

/** A map of endless items on a pool of 3: the tasks and their contexts, as they start. */
function endless(options?: Parameters<Pool['map']>[2]) {
  const pool = Pool.create({ size: 3 })
  const tasks: { end(value: number): void; fail(error: unknown): void; signal: AbortSignal }[] = []
  const { notes, items } = generated()
  const results = pool.map(
    items,
    (_, { signal }) => {
      const { promise, open, fail } = gate<number>()
      tasks.push({ end: open, fail, signal })
      return promise
    },
    options,
  )
  return { pool, tasks, notes, results }
}

for (const ordered of [true, false]) {
  test(`the first failure in time ends a map and aborts the other tasks, ordered: ${ordered}`, async (t) => {
    const { pool, tasks, notes, results } = endless({ ordered })
    const [first, second] = [results.next(), results.next()]
    tasks[1]!.fail('second item, first failure')
    tasks[0]!.fail('first item, second failure')
    t.is(await rejection(first), 'second item, first failure')
    t.deepEqual(await second, DONE)
    t.deepEqual(await results.next(), DONE)
    t.true(tasks[2]!.signal.aborted)
    t.is(tasks[2]!.signal.reason, 'second item, first failure')
    t.is(notes.returned, 1)
    t.is(tasks.length, 3)
    t.is(pool.stats().unsettled, 0)
    t.is(pool.stats().cancelled, 1)
    t.is(pool.busy, 1)
    tasks[2]!.end(0)
    await pool.drain()
  })
}

test('a failure drops results that were not yielded', async (t) => {
  const { tasks, results } = endless()
  const first = results.next()
  tasks[1]!.end(1)
  await turn()
  tasks[2]!.fail('failure')
  t.is(await rejection(first), 'failure')
  t.deepEqual(await results.next(), DONE)
})

test('a failure when nobody asks is told to the next who does, once', async (t) => {
  const { tasks, results } = endless()
  const first = results.next()
  tasks[0]!.end(0)
  t.is((await first).value, 0)
  tasks[1]!.end(1)
  tasks[2]!.fail('failure')
  await turn()
  t.true(tasks[3]!.signal.aborted)
  t.is(await rejection(results.next()), 'failure')
  t.deepEqual(await results.next(), DONE)
})

test('a task that throws at once stops the pulls at once', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { notes, items } = generated()
  const task = () => {
    throw new Error('at once')
  }
  t.is((await rejection(pool.map(items, task).next())).message, 'at once')
  t.deepEqual(notes, { pulled: 1, returned: 1 })
  t.is(pool.stats().failed, 1)
})

test('leaving the loop aborts what runs and closes the source, and waits for nobody', async (t) => {
  const { pool, tasks, notes, results } = endless()
  const first = results.next()
  tasks[0]!.end(0)
  tasks[1]!.end(1)
  await first
  for await (const result of results) {
    t.is(result, 1)
    break
  }
  t.true(tasks.slice(2).every(({ signal }) => signal.aborted))
  t.is(notes.returned, 1)
  t.is(pool.stats().unsettled, 0)
  t.is(pool.busy, tasks.length - 2)
})

test('return() ends a map, and those who ask get done', async (t) => {
  const { pool, tasks, notes, results } = endless()
  const [first, second] = [results.next(), results.next()]
  t.deepEqual(await results.return!(), DONE)
  t.deepEqual(await Promise.all([first, second]), [DONE, DONE])
  t.true(tasks.every(({ signal }) => signal.aborted && signal.reason.name === 'AbortError'))
  t.is(pool.stats().cancelled, 3)
  t.is(notes.returned, 1)
  t.deepEqual(await results.return!(), DONE)
  t.deepEqual(await results.next(), DONE)
  t.is(notes.returned, 1)
})

test('throw(error) does the same and rejects with the error', async (t) => {
  const { pool, notes, results } = endless()
  const first = results.next()
  t.is(await rejection(results.throw!('thrown')), 'thrown')
  t.deepEqual(await first, DONE)
  t.is(await rejection(results.throw!('again')), 'again')
  t.deepEqual(await results.next(), DONE)
  t.is(notes.returned, 1)
  t.is(pool.stats().cancelled, 3)
})

test('a map that is left before it has begun asks nothing of its source', async (t) => {
  const { notes, results, tasks } = endless()
  t.deepEqual(await results.return!(), DONE)
  t.deepEqual(await results.next(), DONE)
  t.deepEqual([notes, tasks.length], [{ pulled: 0, returned: 0 }, 0])
})

test('a source is not waited for when it is left, however it ends', async (t) => {
  const pool = Pool.create({ size: 2 })
  const endings = [forever, () => Promise.reject(new Error('ignored')), () => 5]
  for (const ending of [
    ...endings,
    () => {
      throw new Error('ignored')
    },
    undefined,
  ]) {
    const source = { next: async () => ({ value: 1, done: false as const }), return: ending as never }
    const items = { [Symbol.asyncIterator]: () => source }
    for await (const result of pool.map(items, async (item) => item)) {
      t.is(result, 1)
      break
    }
  }
})

test('a source whose next() is outstanding is left at once', async (t) => {
  const pool = Pool.create({ size: 2 })
  const source = counted(Infinity, forever)
  const results = pool.map(source, (item) => item)
  const first = results.next()
  t.deepEqual(await results.return!(), DONE)
  t.deepEqual(await first, DONE)
  t.is(source.returned, 1)
})

test('an item that comes after the end is dropped', async (t) => {
  const pool = Pool.create({ size: 2 })
  const item = gate()
  const results = pool.map(
    counted(5, () => item.promise),
    () => t.fail('it ran'),
  )
  void results.next()
  await results.return!()
  item.open()
  await turn()
  t.is(pool.stats().submitted, 0)
})

test('a generator that ends the map itself is closed when it has yielded', async (t) => {
  const pool = Pool.create({ size: 2 })
  const controller = new AbortController()
  let returned = 0
  function* items() {
    try {
      controller.abort('from inside')
      yield 1
    } finally {
      returned++
    }
  }
  const results = pool.map(items(), () => t.fail('it ran'), { signal: controller.signal })
  t.is(await rejection(results.next()), 'from inside')
  t.is(returned, 1)
})

test('a source that throws ends the map and is not closed', async (t) => {
  const pool = Pool.create({ size: 3 })
  let returned = 0
  const signals: AbortSignal[] = []
  const broken = {
    pulled: 0,
    async next() {
      if (this.pulled++ === 2) throw new Error('broken')
      return { value: 1, done: false as const }
    },
    async return() {
      returned++
      return { value: undefined, done: true as const }
    },
  }
  const items = { [Symbol.asyncIterator]: () => broken }
  const task = (_: number, { signal }: { signal: AbortSignal }) => (signals.push(signal), forever())
  t.is((await rejection(pool.map(items, task).next())).message, 'broken')
  t.is(returned, 0)
  t.is(signals.length, 2)
  t.true(signals.every(({ aborted }) => aborted))
})

test('whatever is wrong with an iterator ends the map', async (t) => {
  const pool = Pool.create({ size: 3 })
  const thrower = (): never => {
    throw new Error('thrown')
  }
  const iterators: (() => unknown)[] = [
    thrower,
    () => ({ next: thrower }),
    () => ({}),
    () => undefined,
    () => ({ next: () => 5 }),
    () => ({
      next: () => ({
        get done() {
          return thrower()
        },
      }),
    }),
    () => ({
      next: () => ({
        done: false,
        get value() {
          return thrower()
        },
      }),
    }),
  ]
  for (const iterator of iterators) {
    for (const key of [Symbol.iterator, Symbol.asyncIterator]) {
      const results = pool.map({ [key]: iterator } as unknown as Iterable<number>, () => t.fail('it ran'))
      t.true((await rejection(results.next())) instanceof Error)
      t.deepEqual(await results.next(), DONE)
    }
  }
})

test('a map whose signal has aborted rejects and pulls nothing', async (t) => {
  const signal = AbortSignal.abort('early')
  const { notes, results } = endless({ signal })
  t.is(await rejection(results.next()), 'early')
  t.deepEqual(await results.next(), DONE)
  t.is(notes.pulled, 0)
  t.is(listeners(signal), 0)
})

test('a signal that aborts between the call and the first result is seen', async (t) => {
  const controller = new AbortController()
  const { notes, results } = endless({ signal: controller.signal })
  t.is(listeners(controller.signal), 0)
  controller.abort('between')
  t.is(await rejection(results.next()), 'between')
  t.is(notes.pulled, 0)
})

test('a signal ends a map while tasks run', async (t) => {
  const controller = new AbortController()
  const { tasks, pool, notes, results } = endless({ signal: controller.signal })
  const first = results.next()
  t.is(listeners(controller.signal), 1)
  controller.abort('while running')
  t.is(await rejection(first), 'while running')
  t.true(tasks.every(({ signal }) => signal.reason === 'while running'))
  t.is(pool.stats().cancelled, 3)
  t.is(notes.returned, 1)
  t.is(listeners(controller.signal), 0)
})

test('a signal ends a map that waits for a vacancy', async (t) => {
  const pool = Pool.create({ size: 1 })
  const others = occupy(pool, 1)
  const controller = new AbortController()
  const { notes, items } = generated()
  const first = pool.map(items, () => {}, { signal: controller.signal }).next()
  controller.abort('while full')
  t.is(await rejection(first), 'while full')
  t.is(notes.pulled, 0)
  t.is(listeners(controller.signal), 0)
  const next = pool.vacancy()
  await others.finish()
  await next
})

test('a signal ends a map that waits for its source', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const source = counted(Infinity, forever)
  const first = pool.map(source, () => {}, { signal: controller.signal }).next()
  controller.abort('while pulling')
  t.is(await rejection(first), 'while pulling')
  t.is(source.returned, 1)
})

test('a signal ends a map whose results wait to be yielded', async (t) => {
  const pool = Pool.create({ size: 2 })
  const controller = new AbortController()
  const results = pool.map([0, 1], async (item) => item, { signal: controller.signal })
  t.is((await results.next()).value, 0)
  await turn()
  controller.abort('late')
  t.is(await rejection(results.next()), 'late')
  t.deepEqual(await results.next(), DONE)
})

for (const [how, end] of Object.entries({
  'to its end': async (results: AsyncIterableIterator<number>) => {
    while (!(await results.next()).done);
  },
  'by leaving': (results: AsyncIterableIterator<number>) => results.return!(),
  'by throw': (results: AsyncIterableIterator<number>) => rejection(results.throw!('thrown')),
})) {
  test(`no listener is left on the signal when a map ends ${how}`, async (t) => {
    const pool = Pool.create({ size: 2 })
    const { signal } = new AbortController()
    const results = pool.map([0, 1, 2], async (item) => item, { signal })
    await results.next()
    t.is(listeners(signal), 1)
    await end(results)
    t.is(listeners(signal), 0)
  })
}

test('a task that waits in the pool when the map ends never runs', async (t) => {
  const made = gate()
  const pool = Pool.create({ size: 1, init: () => made.promise })
  const results = pool.map([1], () => t.fail('it ran'))
  void results.next()
  t.is(pool.stats().submitted, 1)
  await results.return!()
  t.is(pool.stats().cancelled, 1)
  made.open()
  await pool.close()
})

test('a task with options or a panicHandler is aborted as well, and that is no panic', async (t) => {
  for (const options of [undefined, { timeout: 60_000, priority: 'low' as const }]) {
    const pool = Pool.create({ size: 2, panicHandler: (error) => t.fail(String(error)) })
    const signals: AbortSignal[] = []
    const task = (_: number, { signal }: { signal: AbortSignal }) => {
      signals.push(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const results = pool.map([1, 2, 3], task, options)
    void results.next()
    await results.return!()
    t.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, true],
    )
    t.is(pool.stats().cancelled, 2)
    await pool.drain()
  }
})

test("a map aborts its own tasks and nobody else's", async (t) => {
  const pool = Pool.create({ size: 6 })
  const others = occupy(pool, 2)
  const signals: AbortSignal[] = []
  const task = (_: number, { signal }: { signal: AbortSignal }) => (signals.push(signal), forever())
  const [one, other] = [pool.map([1, 2], task), pool.map([1, 2], task)]
  void one.next()
  void other.next()
  await one.return!()
  t.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true, false, false],
  )
  t.is(pool.stats().cancelled, 2)
  await other.return!()
  await others.finish()
  t.is(pool.stats().completed, 2)
})

test('a map that a task leaves at once ends', async (t) => {
  const { signal } = new AbortController()
  const pool = Pool.create({ size: 3 })
  const { notes, items } = generated()
  const results: AsyncIterableIterator<boolean> = pool.map(
    items,
    (_, context) => {
      void results.return!()
      return context.signal.aborted
    },
    { signal },
  )
  t.deepEqual(await results.next(), DONE)
  t.deepEqual(notes, { pulled: 1, returned: 1 })
  t.is(listeners(signal), 0)
  await pool.close()
  t.is(pool.stats().completed, 1)
})

test('release lets what runs end, and then ends the map', async (t) => {
  const { pool, tasks, notes, results } = endless()
  const [first, second] = [results.next(), results.next()]
  pool.release()
  tasks[0]!.end(0)
  t.is((await first).value, 0)
  t.true((await rejection(second)) instanceof PoolClosedError)
  t.is(notes.returned, 1)
  t.true(tasks[1]!.signal.aborted)
})

test('release ends a map that waits for a vacancy', async (t) => {
  const pool = Pool.create({ size: 1 })
  const others = occupy(pool, 1)
  const first = pool.map([1], () => {}).next()
  pool.release()
  t.true((await rejection(first)) instanceof PoolClosedError)
  await others.finish()
})

test('a map on a closed pool fails, and pulls nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  await pool.close()
  const { notes, items } = generated()
  t.true((await rejection(pool.map(items, () => {}).next())) instanceof PoolClosedError)
  t.is(notes.pulled, 0)
})

test('a waitTimeout of a task that waits ends the map', async (t) => {
  const pool = Pool.create({ size: 1 })
  const item = gate()
  const source = counted(1, () => item.promise)
  const first = pool.map(source, () => {}, { waitTimeout: 1 }).next()
  const others = occupy(pool, 1)
  item.open()
  t.is((await rejection(first)).code, 'ERR_POOL_WAIT_TIMEOUT')
  await until(() => source.returned === 1, 'the source is closed')
  await others.finish()
})

test('no end of a map causes an unhandled rejection, and none keeps the process', async (t) => {
  t.timeout(15_000)
  const { code, stdout, stderr, hung } = await child('map-ends')
  t.deepEqual({ code, stdout, stderr, hung }, { code: 0, stdout: 'ended\n', stderr: '', hung: false })
})
