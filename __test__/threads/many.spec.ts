import { join } from 'node:path'

import test from 'ava'
import { MultiPool, Pool, ThreadPool } from 'workpool'

import { accountedFor } from '../support/accounts.js'

const filename = join(process.cwd(), '__test__', 'fixtures', 'tasks.cjs')
const create = (options = {}) =>
  ThreadPool.create<Record<string, (...args: any[]) => any>>({ filename, size: 1, ...options })

function flagsOf(count: number) {
  const flags = new Int32Array(new SharedArrayBuffer(4 * count))
  return { flags, open: (place: number) => Atomics.store(flags, place, 1) }
}

test('map calls the default export, or the named one, for every item and yields in order', async (t) => {
  await using pool = create({ size: 2, concurrency: 2 })
  const same: unknown[] = []
  for await (const result of pool.map([1, 'two', { three: 3 }])) same.push(result)
  t.deepEqual(same, [1, 'two', { three: 3 }])
  const doubled: unknown[] = []
  for await (const result of pool.map(
    Array.from({ length: 500 }, (_, i) => i),
    { name: 'double' },
  ))
    doubled.push(result)
  t.deepEqual(
    doubled,
    Array.from({ length: 500 }, (_, i) => 2 * i),
  )
})

test('a map over threads pulls no more than the pool can run at once', async (t) => {
  await using pool = create({ size: 1, concurrency: 3 })
  const { flags, open } = flagsOf(10)
  let pulled = 0
  function* items() {
    for (let i = 0; i < 10; i++) {
      pulled++
      yield [flags, i]
    }
  }
  const results = pool.map(items(), { name: 'hold' })
  const first = results.next()
  await pool.ready()
  while (pool.stats().submitted < 3) await new Promise(setImmediate)
  t.is(pulled, 3)
  for (let i = 0; i < 10; i++) open(i)
  t.deepEqual(await first, { value: 0, done: false })
  const rest: unknown[] = []
  for await (const result of results) rest.push(result)
  t.deepEqual(rest, [1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a map over threads ends with the first failure, and its pool stays usable', async (t) => {
  await using pool = create()
  await t.throwsAsync(
    async () => {
      for await (const _ of pool.map(['no'], { name: 'fail' })) t.fail()
    },
    { instanceOf: RangeError, message: 'no' },
  )
  t.is(await pool.run('yes'), 'yes')
  t.throws(() => pool.map(1 as never), { code: 'ERR_POOL_OPTION' })
  t.throws(() => pool.map([], { transfer: [] } as never), { code: 'ERR_POOL_OPTION', message: /transfer/ })
})

test('several thread pools behind one face: run, tasks and with, one pool after the other', async (t) => {
  const pools = [create(), create(), create()]
  await using multi = MultiPool.of(pools)
  t.is(await multi.run('same'), 'same')
  t.is(await multi.tasks.double!(21), 42)
  t.is(await multi.tasks.add!(1, 2, 3), 6)
  t.deepEqual(
    pools.map((pool) => pool.stats().submitted),
    [1, 1, 1],
  )
  t.is(await multi.with({ name: 'double' }).run(4), 8)
  await t.throwsAsync(multi.with({ timeout: 10_000 }).tasks.fail!('no'), { instanceOf: RangeError })
  const threads = await Promise.all([0, 1, 2].map(() => multi.tasks.thread!()))
  t.is(new Set(threads).size, 3)
  t.is(multi.stats().submitted, 8)
  t.is(multi.stats().submitted, accountedFor(multi.stats()))
})

test('a task goes to a thread pool with room before it waits; an overload is counted once', async (t) => {
  const pools = [create({ nonblocking: true }), create({ nonblocking: true })]
  const multi = MultiPool.of(pools, { strategy: () => 0 })
  const { flags, open } = flagsOf(2)
  const held = [0, 1].map((place) => multi.tasks.hold!([flags, place]))
  t.deepEqual(
    pools.map((pool) => pool.stats().submitted),
    [1, 1],
  )
  await t.throwsAsync(multi.run(1), { code: 'ERR_POOL_OVERLOAD' })
  t.is(multi.stats().rejected.overload, 1)
  t.deepEqual(
    pools.map((pool) => pool.stats().rejected.overload),
    [0, 0],
  )
  open(0)
  open(1)
  t.deepEqual(await Promise.all(held), [0, 1])
  await multi.close()
  await t.throwsAsync(multi.run(1), { code: 'ERR_POOL_CLOSED' })
})

test('pools of two kinds cannot be one', (t) => {
  const threads = create()
  t.throws(() => MultiPool.of([threads, Pool.create()] as never), { code: 'ERR_POOL_OPTION', message: /same kind/ })
  t.throws(() => MultiPool.of([Pool.create(), threads] as never), { code: 'ERR_POOL_OPTION', message: /same kind/ })
})
