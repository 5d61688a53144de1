// What a queue does that is full, or that does not empty (design/scheduling.md).
import { setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolOverloadError } from 'workpool'

import { accountedFor } from '../support/accounts.js'
import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

const discarding = (options = {}) =>
  Pool.create({ size: 1, maxBlockingTasks: 2, overload: 'discard-oldest', ...options })

test('discard-oldest: the task that has waited longest in the lowest priority gives way', async (t) => {
  const pool = discarding({ name: 'latest', maxBlockingTasks: 3 })
  const { finish } = occupy(pool, 1)
  const ran: string[] = []
  const submit = (name: string, priority: number) => pool.submit(() => ran.push(name), { priority })
  const [high, old, young] = [submit('high', 0), rejection(submit('old', 2)), submit('young', 2)]
  const newest = submit('newest', 1)
  const error: PoolOverloadError = await old
  t.true(error instanceof PoolOverloadError)
  t.like(error, { reason: 'displaced', waiting: 3, capacity: 1, retryable: true })
  t.regex(error.message, /gave way to another one.*\(pool "latest"\)/)
  t.is(pool.waiting, 3)
  await finish()
  await Promise.all([high, young, newest])
  t.deepEqual(ran, ['high', 'newest', 'young'])
  t.like(pool.stats().rejected, { displaced: 1, overload: 0 })
  t.is(pool.stats().submitted, accountedFor(pool.stats()))
})

test('discard-oldest: if the task that would give way is more important, the new one is refused', async (t) => {
  const pool = discarding()
  const { finish } = occupy(pool, 1)
  const waiting = [0, 1].map((priority) => pool.submit(() => priority, { priority }))
  t.is((await rejection(pool.submit(() => 0, { priority: 2 }))).reason, 'overload')
  t.is(pool.waiting, 2)
  t.is(
    (await rejection(pool.submit(() => 0, { priority: 'background', waitTimeout: 0 }))).code,
    'ERR_POOL_WAIT_TIMEOUT',
  )
  await finish()
  t.deepEqual(await Promise.all(waiting), [0, 1])
})

test('discard-oldest: a task with a key displaces the oldest of its own key, and only else that of the pool', async (t) => {
  const pool = discarding()
  const { finish } = occupy(pool, 1)
  const ran: string[] = []
  const submit = (name: string, key: string) => pool.submit(() => ran.push(name), { key })
  const [b1, a1] = [submit('b1', 'b'), rejection(submit('a1', 'a'))]
  const a2 = submit('a2', 'a')
  t.is((await a1).reason, 'displaced')
  const displaced = rejection(b1)
  const c1 = submit('c1', 'c')
  t.is((await displaced).reason, 'displaced', 'none of c waits, so the oldest of the pool')
  await finish()
  await Promise.all([a2, c1])
  t.deepEqual(ran, ['a2', 'c1'])
})

test('discard-oldest: nothing gives way to a task that may not wait', async (t) => {
  const pool = discarding({ maxBlockingPerKey: 1 })
  const { finish } = occupy(pool, 1)
  const waiting = [pool.submit(() => 1, { key: 'a' }), pool.submit(() => 2)]
  t.is((await rejection(pool.submit(() => 0, { waitTimeout: 0 }))).code, 'ERR_POOL_WAIT_TIMEOUT')
  t.is((await rejection(pool.submit(() => 0, { key: 'a' }))).reason, 'key')
  pool.configure({ nonblocking: true })
  t.is((await rejection(pool.submit(() => 0))).reason, 'overload')
  t.is(pool.waiting, 2)
  await finish()
  t.deepEqual(await Promise.all(waiting), [1, 2])
})

test('shed: a queue that stands rejects what has waited longer than target, and serves the newest first', async (t) => {
  const pool = Pool.create({ size: 1, shed: { target: 20, interval: 40 } })
  const ends = [gate(), gate()]
  const first = pool.submit(() => ends[0]!.promise)
  const ran: string[] = []
  const submit = (name: string) => pool.submit(() => ran.push(name))
  const old = ['old', 'older'].map((name) => rejection(submit(name)))
  // A queue stands once it has had a task for the interval, and these have waited longer than the target by then.
  await delay(60)
  const young = ['young', 'younger'].map(submit)
  ends[0]!.open()
  await first
  for (const error of (await Promise.all(old)) as PoolOverloadError[]) {
    t.true(error instanceof PoolOverloadError)
    t.like(error, { reason: 'shed', capacity: 1, retryable: true })
    t.regex(error.message, /waited for too long in a queue that did not empty/)
  }
  await Promise.allSettled(young)
  t.is(pool.stats().rejected.shed, 4 - ran.length)
  // On a machine that sleeps at the wrong moment the young ones wait for longer than the target, too.
  if (ran.length === 2) t.is(ran[0], 'younger')
  t.is(pool.stats().submitted, accountedFor(pool.stats()))
})

test('shed: a burst is absorbed, however long it takes, if the queue empties before the interval', async (t) => {
  const pool = Pool.create({ size: 1, shed: { target: 1, interval: 60_000 } })
  const results = await Promise.all(Array.from({ length: 50 }, (_, i) => pool.submit(() => delay(1, i))))
  t.is(results.length, 50)
  t.deepEqual(results, [...results.keys()], 'first come, first served')
  t.is(pool.stats().rejected.shed, 0)
})

test('shed: nothing is shed while the pool closes, nor in the background', async (t) => {
  const pool = Pool.create({ size: 1, shed: { target: 1, interval: 1 } })
  const end = gate()
  const first = pool.submit(() => end.promise)
  const background = pool.submit(() => 'background', { priority: 'background' })
  const normal = pool.submit(() => 'normal')
  await delay(10)
  const closed = pool.close()
  end.open()
  await Promise.all([first, closed])
  t.deepEqual(await Promise.all([background, normal]), ['background', 'normal'])
})

test('retryAfter is waiting tasks over the rate at which tasks end, once it is known', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 5 })
  const refused = async (): Promise<number | undefined> => (await rejection(pool.submit(() => 0))).retryAfter
  const first = occupy(pool, 6)
  t.is(await refused(), undefined, 'nothing has been measured')
  for (const { open } of first.gates.slice(0, 3)) open()
  await Promise.all(first.tasks.slice(0, 3))
  // At most one sample in 100 ms.
  await delay(120)
  const next = occupy(pool, 3)
  const retryAfter = (await refused())!
  // Three ends in at least 120 ms, and five that wait.
  t.true(retryAfter >= 120, String(retryAfter))
  t.true(Number.isInteger(retryAfter))
  await first.finish()
  await next.finish()
})

test('a tryExecute that gives false builds nothing, and is counted under its reason', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true, perKey: 1, rate: { limit: 2, interval: 60_000 } })
  const { finish } = occupy(pool, 1)
  t.false(
    pool.tryExecute(() => {}),
    'overload',
  )
  await finish()
  pool.pause()
  t.false(
    pool.tryExecute(() => {}),
    'paused',
  )
  pool.resume()
  const end = gate()
  pool.execute(() => end.promise, { key: 'a' })
  t.false(
    pool.tryExecute(() => {}, { key: 'a' }),
    'key',
  )
  t.false(
    pool.tryExecute(() => {}),
    'rate',
  )
  t.like(pool.stats().rejected, { overload: 1, paused: 1, key: 1, rate: 1, closed: 0 })
  end.open()
  await pool.drain()
})
