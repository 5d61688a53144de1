// `submitAll` and `runAll` in pools with keys, weights, a rate, a pause or a policy for a full queue.
import { join } from 'node:path'

import test from 'ava'
import { MultiPool, Pool, PoolClearedError, PoolOverloadError, ThreadPool } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

const HOUR = 3_600_000

const tasks = (count: number) => Array.from({ length: count }, (_, i) => () => i)

const reasonOf = async (promise: Promise<unknown>): Promise<string | undefined> => {
  const error = await rejection(promise)
  return error instanceof PoolOverloadError ? error.reason : undefined
}

test('of a key, as many start as may, and the others need places in its queue', async (t) => {
  const pool = Pool.create({ size: 8, perKey: 2, maxBlockingPerKey: 3 })
  const { promise, open } = gate<void>()
  const waiting = (count: number) => Array.from({ length: count }, () => () => promise)
  t.is(await reasonOf(pool.submitAll(waiting(6), { key: 'a' })), 'key')
  t.deepEqual([pool.busy, pool.waiting], [0, 0])
  const first = pool.submitAll(waiting(5), { key: 'a' })
  t.deepEqual([pool.busy, pool.waiting], [2, 3])
  t.is(await reasonOf(pool.submitAll(waiting(1), { key: 'a' })), 'key')
  const second = pool.submitAll(waiting(5), { key: 'b' })
  t.deepEqual([pool.busy, pool.waiting], [4, 6])
  open()
  t.is((await first).length + (await second).length, 10)
  t.is(pool.stats().rejected.key, 2)
  t.deepEqual(contradictions(pool.stats()), [])
})

test('a rate, weights and a pause leave less room than there are workers, and the refusal says so', async (t) => {
  const rated = Pool.create({ size: 8, nonblocking: true, rate: { limit: 2, interval: HOUR } })
  t.is(await reasonOf(rated.submitAll(tasks(3))), 'rate')
  t.deepEqual(await rated.submitAll(tasks(2)), [0, 1])

  const pool = Pool.create({ size: 5, nonblocking: true })
  t.is(await reasonOf(pool.submitAll(tasks(3), { weight: 2 })), 'overload')
  t.deepEqual(await pool.submitAll(tasks(2), { weight: 2 }), [0, 1])
  pool.pause()
  t.is(await reasonOf(pool.submitAll(tasks(1))), 'paused')
  pool.resume()
  t.deepEqual(await pool.submitAll(tasks(5)), [0, 1, 2, 3, 4])
})

test('a batch in a paused pool waits whole, in its order, and `clear` rejects it', async (t) => {
  const pool = Pool.create({ size: 2, maxBlockingTasks: 3 })
  pool.pause()
  t.is(await reasonOf(pool.submitAll(tasks(4))), 'paused')
  const cleared = pool.submitAll(tasks(3))
  t.is(pool.clear(), 3)
  t.true((await rejection(cleared)) instanceof PoolClearedError)
  const order: number[] = []
  const all = pool.submitAll([1, 2, 3].map((i) => () => order.push(i)))
  t.deepEqual([pool.busy, pool.waiting], [0, 3])
  pool.resume()
  t.deepEqual(await all, [1, 2, 3])
  t.deepEqual(order, [1, 2, 3])
  t.deepEqual(contradictions(pool.stats()), [])
})

test('a batch displaces nobody', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const occupants = occupy(pool, 1)
  const waiting = pool.submit(() => 'waited')
  t.is(await reasonOf(pool.submitAll(tasks(1))), 'overload')
  await occupants.finish()
  t.is(await waiting, 'waited')
  t.is(pool.stats().rejected.displaced, 0)
})

test('several pools tell the reason that they have in common, and keep no place', async (t) => {
  const pools = MultiPool.create({ pools: 2, size: 4, perKey: 1, nonblocking: true })
  t.is(await reasonOf(pools.submitAll(tasks(3), { key: 'a' })), 'key')
  t.deepEqual(await pools.submitAll(tasks(2), { key: 'a' }), [0, 1])
  t.deepEqual(await pools.submitAll(tasks(8)), [0, 1, 2, 3, 4, 5, 6, 7])
})

test('calls of a key are taken by threads in their order, or refused together', async (t) => {
  const filename = join(process.cwd(), '__test__/fixtures/tasks.mjs')
  const pool = ThreadPool.create({ filename, size: 2, perKey: 1, maxBlockingPerKey: 3 })
  await pool.ready()
  t.is(await reasonOf(pool.runAll([1, 2, 3, 4, 5], { key: 'a' })), 'key')
  t.deepEqual(await pool.runAll([1, 2, 3, 4], { key: 'a' }), [1, 2, 3, 4])
  t.deepEqual(contradictions(pool.stats()), [])
  await pool.close()
})
