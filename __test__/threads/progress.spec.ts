// How a task tells its caller how far it has come: a state and not a log (`currentTask().progress`, `onProgress`).
import { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { MultiPool, TaskTimeoutError, ThreadPool } from 'workpool'

import { Remote } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'inside-tasks.mjs')).href
type Functions = Record<string, (...args: any[]) => any>
type Options = Partial<Parameters<typeof ThreadPool.create>[0]>

function create(options: Options = {}) {
  const flags = new Int32Array(new SharedArrayBuffer(32))
  const pool = ThreadPool.create<Functions>({ filename, size: 1, workerData: flags, ...options })
  return { pool, flags }
}
const set = (flags: Int32Array, place: number) => {
  Atomics.store(flags, place, 1)
  Atomics.notify(flags, place)
}

test.serial('onProgress gets what the task tells, and the last of it before the promise settles', async (t) => {
  const { pool, flags } = create()
  const values = [
    1,
    'two',
    { three: [3] },
    new Map([[4, new Date(4)]]),
    undefined,
    null,
    new Uint8Array(100_000).fill(7),
  ]
  const told: unknown[] = []
  const run = pool.run(values, {
    name: 'told',
    onProgress: (value) => {
      told.push(value)
      set(flags, told.length - 1)
    },
  })
  t.is(await run, 'told')
  t.deepEqual(told, values)
  await pool.close()
})

test.serial('a million values cost no memory, and an origin that has not looked gets the newest alone', async (t) => {
  const { pool, flags } = create()
  await pool.ready()
  const told: number[] = []
  const before = process.memoryUsage().rss
  const run =
    pool.tasks.steps!.length === 0
      ? pool.with({ onProgress: (value) => told.push(value) }).tasks.steps!(1e6, true)
      : undefined
  // This isolate is blocked from the first value to the last.
  t.not(Atomics.wait(flags, 0, 0, 60_000), 'timed-out')
  const grown = process.memoryUsage().rss - before
  t.true(grown < 64 * 2 ** 20, `it grew by ${grown} bytes`)
  await until(() => told.length > 0, 'something was told')
  t.deepEqual(told, [1e6])
  set(flags, 1)
  t.is(await run, 1e6)
  t.deepEqual(told, [1e6])
  await pool.close()
})

test.serial('values come in order, the last one before the result, however fast they are', async (t) => {
  const { pool } = create()
  for (let round = 0; round < 20; round++) {
    const events: unknown[] = []
    events.push(await pool.run(1_000, { name: 'steps', onProgress: (value) => events.push(value) }))
    t.deepEqual(events.slice(-2), [1_000, 1_000])
    t.deepEqual(
      events.slice(0, -1),
      events.slice(0, -1).toSorted((a: any, b: any) => a - b),
    )
  }
  await pool.close()
})

test.serial('what was told before a crash comes before its error', async (t) => {
  const { pool } = create()
  const events: unknown[] = []
  const run = pool.run('last', { name: 'tellsAndExits', onProgress: (value) => events.push(value) })
  events.push((await rejection(run)).code)
  t.deepEqual(events, ['last', 'ERR_POOL_WORKER_CRASHED'])
  await pool.close()
})

test.serial('what a task tells after its end is ignored, also when another task has its number', async (t) => {
  const { pool, flags } = create()
  const told: unknown[] = []
  await pool.run('late', { name: 'tellsLater', onProgress: (value) => told.push(value) })
  const next = pool.run(['next'], { name: 'told', onProgress: (value) => told.push(value) })
  await until(() => told.length > 0, 'the next one tells')
  set(flags, 0)
  await next
  await until(() => Atomics.load(flags, 1) === 1, 'the first one has told')
  await turn()
  t.deepEqual(told, ['next'])
  await pool.close()
})

test.serial('nothing is told after the promise has settled in another way', async (t) => {
  const { pool, flags } = create({ grace: 60_000 })
  const told: unknown[] = []
  const run = pool.run(['first', 'second'], { name: 'told', timeout: 20, onProgress: (value) => told.push(value) })
  t.true(TaskTimeoutError.is(await rejection(run)))
  const before = told.length
  set(flags, 0)
  set(flags, 1)
  t.is(await pool.run('next', { onProgress: (value) => told.push(value) }), 'next')
  await turn()
  t.is(told.length, before)
  await pool.close()
})

test.serial(
  'what a task tells that has settled in another way is not told to the next one with its number',
  async (t) => {
    const { pool, flags } = create({ grace: 60_000 })
    const told: unknown[] = []
    const onProgress = (value: unknown) => told.push(value)
    t.true(TaskTimeoutError.is(await rejection(pool.run('late', { name: 'tellsAfter', timeout: 20, onProgress }))))
    set(flags, 0)
    Atomics.wait(flags, 1, 0, 10_000)
    // The note lies in the mailbox of this isolate, which does not turn, and the number of its task is free.
    while (pool.busy > 0);
    t.is(await pool.run('next', { name: 'tells', onProgress }), 'told')
    t.deepEqual(told, ['next'])
    await pool.close()
  },
)

test.serial('without onProgress nothing is done, and the value is not looked at', async (t) => {
  const { pool } = create()
  t.is(await pool.tasks.tellsCounted!(), 0)
  t.is(await pool.run(undefined, { name: 'tellsCounted', onProgress: () => {} }), 1)
  t.deepEqual(await pool.tasks.tellsUncloneable!(), ['told', 'told', 'told'])
  await pool.close()
})

test.serial('what cannot be cloned throws in the task, and only there', async (t) => {
  const { pool } = create()
  const told: unknown[] = []
  const run = pool.run(undefined, { name: 'tellsUncloneable', onProgress: (value) => told.push(value) })
  t.deepEqual(await run, ['DataCloneError', 'DataCloneError', 'DataCloneError'])
  t.deepEqual(told, [])
  await pool.close()
})

test.serial('what onProgress throws or rejects with is logged, and the task goes on', async (t) => {
  const logged: unknown[] = []
  const note = (...args: unknown[]) => void logged.push(args)
  const { pool } = create({ name: 'told', logger: { debug: note, info: note, warn: note, error: note } })
  const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
  const throws = () => {
    throw thrown
  }
  t.is(await pool.run(1, { name: 'tells', onProgress: throws }), 'told')
  t.is(await pool.run(1, { name: 'tells', onProgress: () => Promise.reject(rejected) }), 'told')
  await turn()
  t.deepEqual(logged, [
    [{ pool: 'told', err: thrown, task: 'tells' }, 'workpool: onProgress failed'],
    [{ pool: 'told', err: rejected, task: 'tells' }, 'workpool: onProgress failed'],
  ])
  await pool.close()
})

test.serial('onProgress runs in the context of its call', async (t) => {
  const { pool } = create()
  const storage = new AsyncLocalStorage<string>()
  const told: unknown[] = []
  const run = (store: string) =>
    storage.run(store, () =>
      pool.run(store, { name: 'tells', onProgress: (value) => told.push([value, storage.getStore()]) }),
    )
  await Promise.all([run('one'), run('two')])
  t.deepEqual(told, [
    ['one', 'one'],
    ['two', 'two'],
  ])
  await pool.close()
})

test.serial('runSync tells, too, before it returns', async (t) => {
  const { pool } = create()
  const told: unknown[] = []
  t.is(pool.runSync(1_000, { name: 'steps', onProgress: (value) => told.push(value) }), 1_000)
  t.is(told.at(-1), 1_000)
  const inner: unknown[] = []
  const onProgress = () => inner.push(pool.runSync('inner'))
  const { pool: other } = create()
  t.is(other.runSync(1, { name: 'steps', onProgress }), 1)
  t.deepEqual(inner, ['inner'])
  await Promise.all([pool.close(), other.close()])
})

test.serial('tasks of one thread tell each its own caller', async (t) => {
  const { pool, flags } = create({ concurrency: 4 })
  const told: Record<string, unknown[]> = { a: [], b: [], c: [] }
  const runs = Object.keys(told).map((key) =>
    pool.run([`${key}1`, `${key}2`], { name: 'told', onProgress: (value) => told[key]!.push(value) }),
  )
  await until(() => Object.values(told).every((values) => values.length === 1), 'all have told')
  set(flags, 0)
  set(flags, 1)
  await Promise.all(runs)
  t.deepEqual(told, { a: ['a1', 'a2'], b: ['b1', 'b2'], c: ['c1', 'c2'] })
  await pool.close()
})

test.serial('a MultiPool and options for every call have onProgress', async (t) => {
  const told: unknown[] = []
  const onProgress = (value: unknown) => told.push(value)
  const multi = MultiPool.of([create().pool, create().pool])
  t.is(await multi.run('one', { name: 'tells', onProgress }), 'told')
  t.is(await multi.with({ onProgress }).tasks.tells!('two'), 'told')
  t.deepEqual(told, ['one', 'two'])
  await multi.close()
})

test.serial('guests of a shared pool are told, also of large values', async (t) => {
  const name = 'told guests'
  const { pool, flags } = create({ name, shared: true })
  await pool.ready()
  const remote = await Remote.start()
  set(flags, 0)
  set(flags, 1)
  const told = await remote.run(
    async ({ ThreadPool }, name, filename) => {
      const pool = ThreadPool.create({ name, shared: true, filename })
      const told: unknown[] = []
      const values = [new Map([[1, 2]]), 'x'.repeat(200_000)]
      const onProgress = (value: any) => told.push(value.size ?? value.length)
      told.push(await pool.run(values, { name: 'told', onProgress }))
      return told
    },
    name,
    filename,
  )
  t.deepEqual(told.slice(-2), [200_000, 'told'])
  await remote.terminate()
  await pool.close()
})

test.serial('a bad onProgress is refused at once, and runAll and map have none', async (t) => {
  const { pool } = create()
  const isOption = { code: 'ERR_POOL_OPTION', message: /onProgress/ }
  await t.throwsAsync(pool.run(1, { onProgress: 1 as any }), { instanceOf: TypeError, ...isOption })
  await t.throwsAsync(pool.runAll([1], { onProgress: () => {} } as any), isOption)
  t.throws(() => pool.map([1], { onProgress: () => {} } as any), isOption)
  t.is(pool.stats().submitted, 0)
  await pool.close()
})
