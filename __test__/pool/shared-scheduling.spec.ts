// Scheduling of a pool that isolates share (design/scheduling.md): one rate, one limit of a key, one pause for all.
import test from 'ava'
import { Pool, type PoolOptions } from 'workpool'

import { gate } from '../support/gate.js'
import { Remote } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

let names = 0
const fresh = (): string => `shared scheduling ${++names}`

/** A pool, and another isolate that has it as `kept.pool`. */
async function shared(options: PoolOptions) {
  const name = fresh()
  const pool = Pool.create({ name, shared: true, ...options })
  const remote = await Remote.start()
  await remote.run(({ Pool, kept }, name) => void (kept.pool = Pool.create({ name, shared: true })), name)
  return { pool, remote }
}

test('one rate for all isolates', async (t) => {
  const { pool, remote } = await shared({ rate: { limit: 3, interval: 60_000 }, nonblocking: true })
  await pool.submit(() => 0)
  const elsewhere = await remote.run(async ({ kept }) => {
    const results = await Promise.allSettled([1, 2, 3].map((each) => kept.pool.submit(() => each)))
    return results.map((result: any) => result.value ?? result.reason.reason)
  })
  t.deepEqual(elsewhere, [1, 2, 'rate'])
  t.is((await rejection(pool.submit(() => 0))).reason, 'rate')
  t.is(pool.stats().rejected.rate, 2)
  await remote.terminate()
})

test('the same text is the same key in every isolate', async (t) => {
  const { pool, remote } = await shared({ size: 10, perKey: 1, nonblocking: true })
  const end = gate()
  const task = pool.submit(() => end.promise, { key: 'tenant ☃' })
  const refusals = await remote.run(async ({ kept }) => {
    const reasonOf = (key: string) => kept.pool.submit(() => 'ran', { key }).catch((error: any) => error.reason)
    return [await reasonOf('tenant ☃'), await reasonOf('tenant ☂')]
  })
  t.deepEqual(refusals, ['key', 'ran'])
  end.open()
  await task
  await remote.terminate()
})

test('weights of all isolates take slots of one capacity', async (t) => {
  const { pool, remote } = await shared({ size: 4 })
  const end = gate()
  const task = pool.submit(() => end.promise, { weight: 3 })
  await remote.run(({ kept, gate }) => {
    kept.end = gate()
    kept.task = kept.pool.submit(() => kept.end.promise, { weight: 2 })
  })
  t.deepEqual([pool.busy, pool.waiting], [3, 1])
  end.open()
  await task
  await until(() => pool.busy === 2, 'the other one has started')
  await remote.run(({ kept }) => (kept.end.open(), kept.task))
  t.is(pool.busy, 0)
  await remote.terminate()
})

test('pause, resume, clear and configure of any isolate hold for all', async (t) => {
  const { pool, remote } = await shared({ size: 1 })
  await remote.run(({ kept }) => kept.pool.pause())
  t.true(pool.isPaused)
  const waiting = rejection(pool.submit(() => t.fail('it ran')))
  t.is(await remote.run(({ kept }) => kept.pool.clear()), 1)
  t.is((await waiting).code, 'ERR_POOL_CLEARED')
  const next = pool.submit(() => 'next')
  await remote.run(({ kept }) => kept.pool.resume())
  t.is(await next, 'next')
  await remote.run(({ kept }) => kept.pool.configure({ size: 5, nonblocking: true }))
  t.is(pool.capacity, 5)
  pool.pause()
  t.is((await rejection(pool.submit(() => 0))).reason, 'paused')
  pool.resume()
  await remote.terminate()
})

test('if the isolate that has paused the pool ends, or leaves, the pool resumes', async (t) => {
  const { pool, remote } = await shared({ size: 1 })
  await remote.run(({ kept }) => kept.pool.pause())
  const waiting = pool.submit(() => 'ran')
  t.is(pool.waiting, 1)
  await remote.terminate()
  t.is(await waiting, 'ran')
  t.false(pool.isPaused)

  const leaving = await shared({ size: 1 })
  await leaving.remote.run(({ kept }) => kept.pool.pause())
  const again = leaving.pool.submit(() => 'ran')
  await leaving.remote.run(({ kept }) => kept.pool[Symbol.asyncDispose]())
  t.is(await again, 'ran')
  t.false(await leaving.remote.run(({ kept }) => (kept.pool.pause(), kept.pool.isPaused)), 'it has left')
  await leaving.remote.terminate()
})

test('a task is displaced in whichever isolate it waits', async (t) => {
  const { pool, remote } = await shared({ size: 1, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const end = gate()
  const running = pool.submit(() => end.promise)
  await remote.run(({ kept }) => {
    kept.displaced = kept.pool.submit(() => 'ran').catch((error: any) => error.reason)
  })
  t.is(pool.waiting, 1)
  const newest = pool.submit(() => 'newest')
  t.is(await remote.run(({ kept }) => kept.displaced), 'displaced')
  end.open()
  await running
  t.is(await newest, 'newest')
  await remote.terminate()
})

test('a queue that stands sheds what has waited too long in whichever isolate', async (t) => {
  const { pool, remote } = await shared({ size: 1, shed: { target: 1, interval: 1 } })
  const end = gate()
  const running = pool.submit(() => end.promise)
  await remote.run(({ kept }) => {
    kept.shed = kept.pool.submit(() => 'ran').catch((error: any) => error.reason)
  })
  const since = performance.now()
  await until(() => performance.now() - since > 10, 'both times are over')
  const newest = pool.submit(() => 'newest')
  end.open()
  await running
  t.is(await newest, 'newest')
  t.is(await remote.run(({ kept }) => kept.shed), 'shed')
  t.is(pool.stats().rejected.shed, 1)
  await remote.terminate()
})

test('the lease of an isolate that ends gives its slot back', async (t) => {
  const { pool, remote } = await shared({ size: 1 })
  await remote.run(async ({ kept }) => void (kept.lease = await kept.pool.lease()))
  t.is(pool.busy, 1)
  const waiting = pool.submit(() => 'ran')
  await remote.terminate()
  t.is(await waiting, 'ran')
  t.is(pool.busy, 0)
})
