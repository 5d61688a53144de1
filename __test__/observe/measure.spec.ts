// The option `measure`: how long tasks have waited and run, over every way in which a task can come and end.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { MultiPool, Pool, type PoolStats, ThreadPool } from 'workpool'

import { gate } from '../support/gate.js'
import { Remote } from '../support/remote.js'
import { block, rejection, until } from '../support/until.js'

const fixture = (name: string) => pathToFileURL(join(process.cwd(), '__test__', 'fixtures', name)).href
const filename = fixture('thread-tasks.mjs')
type Functions = Record<string, (...args: any[]) => any>

const ended = ({ completed, failed, timedOut, cancelled }: PoolStats) => completed + failed + timedOut + cancelled
const counts = ({ wait, run }: PoolStats) => [wait?.count, run?.count]

test('a pool that does not measure has no times, and says how it would', (t) => {
  const pool = Pool.create()
  t.false('wait' in pool.stats() || 'run' in pool.stats())
  t.throws(() => pool.histogram('run'), {
    code: 'ERR_POOL_OPTION',
    message: /does not measure; give it the option measure/,
  })
  const multi = MultiPool.create({ pools: 2 })
  t.throws(() => multi.histogram('run'), { code: 'ERR_POOL_OPTION', message: /does not measure/ })
})

test('bad options and arguments are refused', (t) => {
  t.throws(() => Pool.create({ measure: 1 as never }), {
    code: 'ERR_POOL_OPTION',
    name: 'TypeError',
    message: /measure/,
  })
  t.throws(() => ThreadPool.create({ filename, measure: null as never }), {
    code: 'ERR_POOL_OPTION',
    name: 'TypeError',
  })
  const pool = Pool.create({ measure: true })
  t.throws(() => pool.configure({ measure: 'yes' as never }), { code: 'ERR_POOL_OPTION', name: 'TypeError' })
  t.throws(() => pool.histogram('both' as never), {
    code: 'ERR_POOL_OPTION',
    name: 'RangeError',
    message: /'wait' or 'run'/,
  })
  t.throws(() => pool.histogram(1 as never), { code: 'ERR_POOL_OPTION', name: 'TypeError' })
})

test('wait counts until the call of the function, and run until its end', async (t) => {
  const pool = Pool.create({ size: 1, measure: true })
  await Promise.all([pool.submit(() => delay(30)), pool.submit(() => delay(10)), pool.submit(() => block(5))])
  const { wait, run } = pool.stats()
  t.is(wait!.count, 3)
  t.is(run!.count, 3)
  t.true(wait!.max >= 38 && wait!.p50 >= 28, `${wait!.max} ${wait!.p50}`)
  t.true(run!.max >= 29 && run!.min >= 4.9 && run!.mean >= 14, `${run!.max} ${run!.min}`)
  t.deepEqual({ ...pool.histogram('run') }, run)
  t.deepEqual({ ...pool.histogram('wait') }, wait)
})

test('a task of a batch waits while those before it are called', async (t) => {
  const pool = Pool.create({ size: 20, measure: true })
  await pool.submitAll(Array.from({ length: 20 }, () => () => block(2)))
  // 0 + 2 + … + 38
  t.true(pool.histogram('wait').sum >= 370, `${pool.histogram('wait').sum}`)
  t.is(pool.histogram('run').count, 20)
  t.true(pool.histogram('run').min >= 1.9)
})

test('a task that was aborted or has timed out counts when its function has ended', async (t) => {
  const pool = Pool.create({ size: 2, measure: true })
  const open = gate<void>()
  const late = pool.submit(() => open.promise, { timeout: 1 })
  const controller = new AbortController()
  const cancelled = pool.submit(() => open.promise, { signal: controller.signal })
  controller.abort()
  await rejection(cancelled)
  await rejection(late)
  t.deepEqual(counts(pool.stats()), [0, 0])
  open.open()
  await pool.drain()
  t.deepEqual(counts(pool.stats()), [2, 2])
})

test('what never runs is not counted: refused, cleared, released, aborted while it waits', async (t) => {
  const pool = Pool.create({ size: 1, measure: true })
  const open = gate<void>()
  const first = pool.submit(() => open.promise)
  const controller = new AbortController()
  const waiting = [
    pool.submit(() => 0, { waitTimeout: 1 }),
    pool.submit(() => 0, { signal: controller.signal }),
    pool.submit(() => 0, { waitTimeout: 0 }),
    pool.submit(() => 0),
    pool.submit(() => 0),
  ]
  const endings = Promise.allSettled(waiting)
  controller.abort()
  await rejection(waiting[0]!)
  t.is(pool.clear(), 2)
  open.open()
  await Promise.all([endings, first])
  t.deepEqual(counts(pool.stats()), [1, 1])
})

test('every way to hand in a closure is measured', async (t) => {
  const pool = Pool.create({
    size: 4,
    measure: true,
    init: () => 'resource',
    dispose: () => {},
    panicHandler: () => {},
  })
  await pool.submit(() => 1)
  await pool.submit(async () => 1, { timeout: 1_000, priority: 'high' })
  await rejection(pool.submit(() => Promise.reject(new Error('fails'))))
  await pool.submit(() => 1, { key: 'a' })
  pool.execute(() => {})
  t.true(pool.tryExecute(async () => {}))
  await pool.submitAll([() => 1, async () => 2])
  for await (const _ of pool.map([1, 2, 3], (item) => item));
  await pool.future(() => 1)
  await pool.with({ timeout: 1_000 }).submit(() => 1)
  await pool.wrap(() => 1)()
  const lease = await pool.lease()
  lease.release()
  const group = pool.group({ limit: 1 })
  for (let i = 0; i < 3; i++) group.submit(() => i)
  await group.join()
  await group[Symbol.asyncDispose]()
  await pool.drain()
  const stats = pool.stats()
  t.deepEqual(counts(stats), [ended(stats), ended(stats)])
  t.true(ended(stats) >= 17)
  await pool.close()
})

test('every way to call an export is measured, in threads', async (t) => {
  const pool = ThreadPool.create<Functions>({ filename, size: 2, measure: true })
  await pool.run(1)
  await pool.tasks.identity!(1)
  await rejection(pool.tasks.fail!('plain'))
  await pool.runAll([1, 2, 3])
  t.deepEqual(pool.runSync(1), ['default', 1])
  for await (const _ of pool.map([1, 2], { name: 'identity' }));
  await pool.future(1)
  const group = pool.group()
  group.run(1)
  await group.join()
  await group[Symbol.asyncDispose]()
  const threads = await pool.broadcast(1, { name: 'identity' })
  await pool.drain()
  const stats = pool.stats()
  t.is(ended(stats), 11 + threads.length)
  t.deepEqual(counts(stats), [ended(stats), ended(stats)])
  await pool.close()

  const streams = ThreadPool.create<Functions>({ filename: fixture('stream-tasks.mjs'), size: 1, measure: true })
  for await (const _ of streams.stream(5, { name: 'numbers' }));
  await streams.drain()
  t.deepEqual(counts(streams.stats()), [1, 1])
  await streams.close()
})

test('to start a thread is waiting time, and a thread that dies ends the run of its task', async (t) => {
  const pool = ThreadPool.create<Functions>({ filename, size: 1, measure: true })
  const flags = new Int32Array(new SharedArrayBuffer(4))
  t.is(((await rejection(pool.run(3, { name: 'exit' }))) as { code?: string }).code, 'ERR_POOL_WORKER_CRASHED')
  t.deepEqual(counts(pool.stats()), [1, 1])
  t.true(pool.stats().wait!.min > 1, 'no thread is there in a millisecond')
  const killed = pool.run(flags, { name: 'spin', timeout: 20 })
  t.is(((await rejection(killed)) as { code?: string }).code, 'ERR_POOL_TASK_TIMEOUT')
  await pool.run(1)
  t.deepEqual(counts(pool.stats()), [3, 3])
  t.true(pool.stats().run!.max >= 19)
  await pool.close()
})

test('configure turns it on and off, and what was measured stays', async (t) => {
  const pool = Pool.create({ size: 1 })
  const open = gate<void>()
  const before = pool.submit(() => open.promise)
  pool.configure({ measure: true })
  t.deepEqual(counts(pool.stats()), [0, 0])
  open.open()
  await before
  t.deepEqual(counts(pool.stats()), [0, 0], 'it was accepted before')
  await pool.submit(() => 1)
  pool.configure({ measure: false })
  await pool.submit(() => 1)
  t.deepEqual(counts(pool.stats()), [1, 1])
  pool.configure({ measure: true })
  await pool.submit(() => 1)
  t.deepEqual(counts(pool.stats()), [2, 2])
  pool.release()
  pool.reboot()
  await pool.submit(() => 1)
  t.deepEqual(counts(pool.stats()), [3, 3], 'a reboot resets nothing')
})

test('a later histogram minus an earlier one is what came between, and readers are not in the way of one another', async (t) => {
  const pool = Pool.create({ measure: true })
  const start = pool.histogram('run')
  await pool.submit(() => block(1))
  const middle = pool.histogram('run')
  await pool.submit(() => block(4))
  await pool.submit(() => block(4))
  const window = pool.histogram('run').minus(middle)
  t.is(window.count, 2)
  t.true(window.min >= 3.9, `${window.min}`)
  t.is(pool.histogram('run').minus(start).count, 3)
  t.is(start.count, 0)
})

test('a MultiPool measures over all its pools', async (t) => {
  const multi = MultiPool.create({ pools: 3, size: 1, measure: true })
  await Promise.all(Array.from({ length: 9 }, () => multi.submit(() => delay(2))))
  const each = [0, 1, 2].map((index) => multi.at(index).histogram('run'))
  t.deepEqual(
    each.map(({ count }) => count),
    [3, 3, 3],
  )
  const merged = each.reduce((one, other) => one.plus(other))
  t.deepEqual({ ...multi.histogram('run') }, { ...merged })
  t.deepEqual(multi.stats().run, { ...merged })
  const mixed = MultiPool.of([multi.at(0), Pool.create()])
  t.is(mixed.histogram('run').count, 3, 'one of the two measures')
  t.is(mixed.stats().wait!.count, 3)
  multi.configure({ measure: false })
  await multi.submit(() => 1)
  t.is(multi.histogram('run').count, 9)
})

test('a strategy gets stats without times, as they are seldom needed and dear', async (t) => {
  const seen: boolean[] = []
  const strategy = (pools: readonly PoolStats[]) => {
    seen.push(pools.some((stats) => 'wait' in stats))
    return 0
  }
  await MultiPool.create({ pools: 2, measure: true, strategy }).submit(() => 1)
  t.deepEqual(seen, [false])
})

for (const [kind, options] of [
  ['closures', {}],
  ['threads', { filename: fixture('shared-tasks.mjs') }],
] as const) {
  test(`a shared pool of ${kind} measures the tasks of all isolates, and guests see the same`, async (t) => {
    t.timeout(30_000)
    const name = `measure.spec shared ${kind}`
    const all = { ...options, name, shared: true, size: 1, measure: true }
    const isThreads = kind === 'threads'
    const pool = isThreads ? ThreadPool.create<Functions>(all as never) : Pool.create(all as never)
    const guest = await Remote.start()
    const seen = await guest.run(
      async ({ Pool, ThreadPool, kept }: any, isThreads: boolean, all: object) => {
        const own = (kept.pool = (isThreads ? ThreadPool : Pool).create(all))
        await Promise.all(Array.from({ length: 5 }, () => (isThreads ? own.run(1) : own.submit(async () => 1))))
        return own.stats().run.count
      },
      isThreads,
      all,
    )
    t.is(seen, 5)
    if (pool instanceof ThreadPool) await pool.run(1)
    else await pool.submit(() => 1)
    t.deepEqual(counts(pool.stats()), [6, 6])
    t.throws(() => (pool instanceof ThreadPool ? ThreadPool : Pool).create({ ...all, measure: false } as never), {
      code: 'ERR_POOL_OPTION',
      message: /measure/,
    })
    await guest.terminate()
    await pool.close()
  })
}

test('a closure that has to wake its isolate has waited until it is called', async (t) => {
  t.timeout(30_000)
  const name = 'measure.spec woken'
  const pool = Pool.create({ name, shared: true, size: 1, measure: true })
  const flags = new Int32Array(new SharedArrayBuffer(8))
  const guest = await Remote.start()
  const open = gate<void>()
  const first = pool.submit(() => open.promise)
  const second = guest.run(
    async ({ Pool, kept }: any, name: string, flags: Int32Array) => {
      const own = (kept.pool = Pool.create({ name, shared: true }))
      const task = own.submit(() => 1)
      Atomics.store(flags, 0, 1)
      // This isolate hears of nothing for a while after its task has got the worker.
      Atomics.wait(flags, 1, 0)
      const end = performance.now() + 50
      while (performance.now() < end);
      await task
    },
    name,
    flags,
  )
  await until(() => Atomics.load(flags, 0) === 1, 'the guest has submitted')
  open.open()
  await first
  Atomics.store(flags, 1, 1)
  Atomics.notify(flags, 1)
  await second
  t.is(pool.histogram('wait').count, 2)
  t.true(pool.histogram('wait').max >= 48, `${pool.histogram('wait').max}`)
  await guest.terminate()
})

test('reuseRate says how many of the started workers had the record of a retired one', async (t) => {
  const pool = Pool.create({ size: 1, expiry: 1 })
  t.is(pool.stats().workers.reuseRate, 0)
  for (let i = 0; i < 4; i++) {
    await pool.submit(() => 1)
    while (pool.running > 0) await delay(1)
  }
  const { started, reused, reuseRate } = pool.stats().workers
  t.deepEqual([started, reused, reuseRate], [4, 3, 0.75])
})
