import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { MultiPool, Pool, PoolClosedError, ReleaseTimeoutError, type TaskContext } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

/** A task that ends when its signal aborts, with what it was aborted with. */
const heed = ({ signal }: TaskContext<void>): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)))

test('a close that runs out of time aborts what still runs, whatever options it has', async (t) => {
  const pool = Pool.create({ size: 3 })
  const seen: Promise<unknown>[] = []
  const task = (context: TaskContext<void>): Promise<unknown> => {
    const reason = heed(context)
    seen.push(reason)
    return reason
  }
  const running = [pool.submit(task), pool.submit(task, { priority: 'high' }), pool.submit(task, { timeout: 60_000 })]
  const waiting = pool.submit(() => t.fail('it ran'))
  const closed = rejection(pool.close({ timeout: 20, abort: true }))
  t.true((await rejection(waiting)) instanceof PoolClosedError)
  t.true((await closed) instanceof ReleaseTimeoutError)
  const errors = await Promise.all(running.map(rejection))
  for (const error of errors) t.true(error instanceof PoolClosedError)
  t.regex(errors[0]!.message, /was running when 20 ms to close were up \(pool /)
  t.deepEqual(await Promise.all(seen), errors)
  await turn()
  const { running: left, cancelled, completed, rejected } = pool.stats()
  t.deepEqual(
    { left, cancelled, completed, released: rejected.released },
    { left: 0, cancelled: 3, completed: 0, released: 1 },
  )
})

test('a closure that does not heed the abort keeps its worker until it ends', async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate()
  const task = rejection(pool.submit(() => end.promise))
  await rejection(pool.close({ timeout: 1, abort: true }))
  t.true((await task) instanceof PoolClosedError)
  t.is(pool.busy, 1)
  end.open()
  await pool.close()
  t.is(pool.running, 0)
})

test('without abort, what runs is left alone', async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate<string>()
  let signal: AbortSignal | undefined
  const task = pool.submit((context) => {
    signal = context.signal
    return end.promise
  })
  await rejection(pool.close({ timeout: 1, abort: false }))
  t.false(signal!.aborted)
  end.open('finished')
  t.is(await task, 'finished')
})

test('a close that ends in time aborts nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { tasks, finish } = occupy(pool, 2)
  const closed = pool.close({ timeout: 60_000, abort: true })
  await finish()
  await closed
  await Promise.all(tasks)
  t.like(pool.stats(), { completed: 2, cancelled: 0 })
})

test('a task without a promise that is aborted reaches the panicHandler', async (t) => {
  const seen = gate<unknown>()
  const pool = Pool.create({ size: 1, panicHandler: seen.open })
  const end = gate()
  pool.execute(() => end.promise)
  await rejection(pool.close({ timeout: 1, abort: true }))
  t.true((await seen.promise) instanceof PoolClosedError)
  end.open()
  await pool.close()
})

test('a lease is left to its holder', async (t) => {
  const pool = Pool.create({ size: 1, init: () => 'resource' })
  const lease = await pool.lease()
  t.true((await rejection(pool.close({ timeout: 1, abort: true }))) instanceof ReleaseTimeoutError)
  t.is(lease.resource, 'resource')
  lease.release()
  await pool.close()
})

test('a pool that was rebooted meanwhile aborts nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  const old = occupy(pool, 1)
  const closed = rejection(pool.close({ timeout: 20, abort: true }))
  pool.reboot()
  const young = occupy(pool, 1)
  t.true((await closed) instanceof ReleaseTimeoutError)
  await Promise.all([old.finish(), young.finish()])
  await Promise.all([...old.tasks, ...young.tasks])
  t.like(pool.stats(), { completed: 2, cancelled: 0 })
  await pool.close()
})

test('very many are all aborted', async (t) => {
  const pool = Pool.create({ size: Infinity })
  const running = Array.from({ length: 5_000 }, () => rejection(pool.submit(heed)))
  await rejection(pool.close({ timeout: 1, abort: true }))
  for (const error of await Promise.all(running)) if (!(error instanceof PoolClosedError)) t.fail()
  t.is(pool.stats().cancelled, 5_000)
})

test('a MultiPool aborts in all its pools', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const running = [multi.submit(heed), multi.submit(heed)].map(rejection)
  t.true((await rejection(multi.close({ timeout: 1, abort: true }))) instanceof AggregateError)
  for (const error of await Promise.all(running)) t.true(error instanceof PoolClosedError)
})

test('abort without a timeout, and one that is no boolean, are refused at once', async (t) => {
  const pool = Pool.create()
  for (const options of [{ abort: true }, { abort: 'yes', timeout: 5 } as never]) {
    const error = (await rejection(pool.close(options))) as TypeError & { code: string }
    t.true(error instanceof TypeError)
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, /^abort /)
  }
  t.false(pool.isClosed)
  await pool.close()
})
