// configure (design/scheduling.md): options that change while the pool runs, all or none.
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { type LiveOptions, MultiPool, Pool, PoolOverloadError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const code = 'ERR_POOL_OPTION'

test('size: tune(n) is configure({ size: n })', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 3)
  pool.configure({ size: 3 })
  t.is(pool.capacity, 3)
  await until(() => pool.busy === 3, 'all have started')
  pool.configure({ size: Infinity })
  t.is(pool.capacity, Infinity)
  pool.configure({ size: 2 })
  t.is(pool.capacity, 2)
  await finish()
  t.true(pool.running <= 2)
})

test('nonblocking and maxBlockingTasks hold from the next submit on, and reject nothing that waits', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { tasks, finish } = occupy(pool, 4)
  pool.configure({ maxBlockingTasks: 2 })
  t.is(pool.waiting, 3)
  t.is((await rejection(pool.submit(() => 0))).reason, 'overload')
  pool.configure({ maxBlockingTasks: 4 })
  const one = pool.submit(() => 'one')
  t.is((await rejection(pool.submit(() => 0))).reason, 'overload')
  pool.configure({ maxBlockingTasks: 0 })
  const two = pool.submit(() => 'two')
  pool.configure({ nonblocking: true })
  t.true((await rejection(pool.submit(() => 0))) instanceof PoolOverloadError)
  pool.configure({ nonblocking: false })
  const three = pool.submit(() => 'three')
  await finish()
  await Promise.all(tasks)
  t.deepEqual(await Promise.all([one, two, three]), ['one', 'two', 'three'])
})

test('expiry: a new one also wins over disablePurge, and Infinity has idle workers stay', async (t) => {
  const pool = Pool.create({ size: 2, disablePurge: true })
  await pool.submit(() => 0)
  t.is(pool.idle, 1)
  pool.configure({ expiry: 1 })
  await until(() => pool.running === 0, 'the idle worker has retired')
  pool.configure({ expiry: Infinity })
  await pool.submit(() => 0)
  await turn()
  t.is(pool.idle, 1)
})

test('perKey and maxBlockingPerKey: what may start now starts at once', async (t) => {
  const pool = Pool.create({ size: 4, perKey: 1 })
  const end = gate()
  const tasks = [1, 2, 3].map(() => pool.submit(() => end.promise, { key: 'a' }))
  t.is(pool.busy, 1)
  pool.configure({ perKey: 2 })
  await until(() => pool.busy === 2, 'one more has started')
  pool.configure({ maxBlockingPerKey: 1 })
  t.is((await rejection(pool.submit(() => 0, { key: 'a' }))).reason, 'key')
  pool.configure({ perKey: Infinity, maxBlockingPerKey: 0 })
  await until(() => pool.busy === 3, 'all have started')
  end.open()
  await Promise.all(tasks)
})

test('rate and shed are turned on and off', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  pool.configure({ rate: { limit: 1, interval: 60_000 } })
  await pool.submit(() => 0)
  t.is((await rejection(pool.submit(() => 0))).reason, 'rate')
  pool.configure({ rate: false })
  await pool.submit(() => 0)
  pool.configure({ shed: { target: 1, interval: 1 } })
  pool.configure({ shed: false })
  t.is(await pool.submit(() => 'as before'), 'as before')
})

test('what waits for the rate starts when the rate is turned off', async (t) => {
  const pool = Pool.create({ size: 1, rate: { limit: 1, interval: 60_000 } })
  await pool.submit(() => 0)
  const waiting = pool.submit(() => 'in time')
  t.is(pool.waiting, 1)
  pool.configure({ rate: false })
  t.is(await waiting, 'in time')
})

test('overload: discard-oldest needs a bound, which the change may bring along or the pool may have', async (t) => {
  const pool = Pool.create({ size: 1 })
  t.throws(() => pool.configure({ overload: 'discard-oldest' }), { code, message: /maxBlockingTasks of at least 1/ })
  pool.configure({ overload: 'discard-oldest', maxBlockingTasks: 1 })
  t.throws(() => pool.configure({ maxBlockingTasks: 0 }), { code, message: /maxBlockingTasks of at least 1/ })
  const { finish } = occupy(pool, 1)
  const displaced = rejection(pool.submit(() => 0))
  const waiting = pool.submit(() => 'newest')
  t.is((await displaced).reason, 'displaced')
  pool.configure({ maxBlockingTasks: 5 })
  pool.configure({ overload: 'reject' })
  pool.configure({ maxBlockingTasks: 0 })
  await finish()
  t.is(await waiting, 'newest')
})

test('all or nothing: one bad option, and no other has changed', async (t) => {
  const pool = Pool.create({ size: 2, maxBlockingTasks: 3 })
  const bad: LiveOptions[] = [
    { size: 5, maxBlockingTasks: -1 },
    { size: 0 },
    { size: 5, overload: 'discard-oldest', maxBlockingTasks: 0 },
    { size: 5, rate: { limit: 0, interval: 5 } },
    { size: 5, shed: { target: 5 } as never },
    { size: 5, nonblocking: 1 as never },
    { size: 5, minSize: 1 },
    { size: 5, grace: 1 },
    { size: 5, perKey: 0 },
    { size: 5, sise: 3 } as never,
    { size: 5, name: 'other' } as never,
  ]
  for (const change of bad) {
    const error = t.throws(() => pool.configure(change), { code }, JSON.stringify(change))
    t.true(error instanceof TypeError || error instanceof RangeError)
    t.is(pool.capacity, 2, JSON.stringify(change))
  }
  for (const change of [undefined, null, 5, 'size', () => 0]) {
    t.throws(() => pool.configure(change as never), { code, instanceOf: TypeError })
  }
  pool.configure({})
  pool.configure({ size: undefined })
  t.is(pool.capacity, 2)
  const { finish } = occupy(pool, 5)
  t.is((await rejection(pool.submit(() => 0))).waiting, 3)
  await finish()
})

test('what is not live says so, and an unknown option what was meant', (t) => {
  const pool = Pool.create({ ageing: 100 })
  for (const option of ['name', 'preAlloc', 'panicHandler', 'logger', 'signal', 'shared', 'ageing', 'init']) {
    const message = new RegExp(`^${option} is not live: it is fixed when the pool is made\\. Live are size, expiry,`)
    t.throws(() => pool.configure({ [option]: 1 } as never), { code, message })
  }
  t.throws(() => pool.configure({ disablePurge: true } as never), { code, message: /not live.*; expiry is/ })
  t.throws(() => pool.configure({ concurrency: 5 } as never), { code, message: /did you mean size\?/ })
  t.throws(() => pool.configure({ intervalCap: 5 } as never), { code, message: /did you mean rate\?/ })
  t.throws(() => pool.configure({ perKey: 5 }), { code, message: /perKey is not possible with ageing/ })
})

test('of threads also minSize and grace', async (t) => {
  const pool = threads(t, { size: 2, minSize: 0, grace: 60_000 })
  t.throws(() => pool.configure({ minSize: 3 }), { code, message: /at most size, 2/ })
  t.throws(() => pool.configure({ size: Infinity }), { code, message: /never unbounded/ })
  pool.configure({ minSize: 3, size: 3 })
  t.is(pool.capacity, 3)
  await pool.ready()
  pool.configure({ grace: 0 })
  // A task that does not heed its signal is ended with its thread at once.
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const controller = new AbortController()
  const spinning = rejection(pool.run(cells, { name: 'spin', signal: controller.signal }))
  await until(() => Atomics.load(cells, 0) === 1, 'it spins')
  controller.abort(new Error('enough'))
  t.is((await spinning).message, 'enough')
  await until(() => pool.stats().workers.crashed === 1, 'its thread has been ended')
})

test('a MultiPool checks the change against all its pools, and then changes all', async (t) => {
  const bounded = Pool.create({ size: 1, maxBlockingTasks: 5 })
  const unbounded = Pool.create({ size: 1 })
  const multi = MultiPool.of([bounded, unbounded])
  t.throws(() => multi.configure({ size: 3, overload: 'discard-oldest' }), { code })
  t.deepEqual([bounded.capacity, unbounded.capacity], [1, 1])
  multi.configure({ size: 3, maxBlockingTasks: 2, overload: 'discard-oldest' })
  t.deepEqual([bounded.capacity, unbounded.capacity, multi.capacity], [3, 3, 6])
  multi.configure({ size: Infinity })
  t.is(multi.capacity, Infinity)
})

test('it works on a closed pool', async (t) => {
  const pool = Pool.create({ size: 1 })
  pool.release()
  pool.configure({ size: 4, maxBlockingTasks: 1, perKey: 2 })
  pool.reboot()
  const { finish } = occupy(pool, 5)
  t.deepEqual([pool.busy, pool.waiting], [4, 1])
  t.is((await rejection(pool.submit(() => 0))).reason, 'overload')
  await finish()
})
