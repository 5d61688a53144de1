import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClosedError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

test("the pool's signal releases it and aborts every running task's signal", async (t) => {
  const controller = new AbortController()
  const pool = Pool.create({ size: 2, signal: controller.signal })
  const heeding = pool.submit(
    ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason))),
  )
  const end = gate<string>()
  const ignoring = pool.submit(() => end.promise)
  const waiting = pool.submit(() => t.fail('it ran'))
  const reason = new Error('shutting down')
  controller.abort(reason)
  t.deepEqual([pool.isClosed, pool.waiting], [true, 0])
  t.true((await rejection(waiting)) instanceof PoolClosedError)
  t.is(await heeding, reason)
  // The promise of a running task settles when the task does.
  let settled = false
  void ignoring.then(() => (settled = true))
  await turn()
  t.false(settled)
  end.open('as ever')
  t.is(await ignoring, 'as ever')
  t.is(pool.running, 0)
  const { completed, cancelled, rejected } = pool.stats()
  t.deepEqual({ completed, cancelled, released: rejected.released }, { completed: 2, cancelled: 0, released: 1 })
})

test("a context's signal first read after the pool's has aborted is aborted with its reason", async (t) => {
  const controller = new AbortController()
  const pool = Pool.create({ size: 1, signal: controller.signal })
  const end = gate()
  const task = pool.submit(async (context) => {
    await end.promise
    return context.signal
  })
  controller.abort('reason')
  end.open()
  const signal = await task
  t.true(signal.aborted)
  t.is(signal.reason, 'reason')
})

test('born aborted is born closed', async (t) => {
  const pool = Pool.create({ signal: AbortSignal.abort('before') })
  t.true(pool.isClosed)
  t.true((await rejection(pool.submit(() => t.fail('it ran')))) instanceof PoolClosedError)
  t.false(pool.tryExecute(() => t.fail('it ran')))
  await pool.close()
  await pool.releaseTimeout(1_000)
  await pool.drain()
  t.is(pool.stats().rejected.closed, 2)
})

test('reboot throws once the signal has aborted', async (t) => {
  const controller = new AbortController()
  const aborted = Pool.create({ signal: controller.signal })
  controller.abort()
  t.throws(() => aborted.reboot())
  t.true(aborted.isClosed)
  const born = Pool.create({ signal: AbortSignal.abort() })
  t.throws(() => born.reboot())
  t.true(born.isClosed)
})

test('reboot is allowed while the signal has not aborted, which then closes the new generation', async (t) => {
  const controller = new AbortController()
  const pool = Pool.create({ size: 1, signal: controller.signal })
  pool.release()
  pool.reboot()
  const { finish } = occupy(pool, 1)
  controller.abort()
  t.true(pool.isClosed)
  await finish()
  t.is(pool.stats().generation, 2)
})

test("a task's own abort wins over the pool's signal that comes later", async (t) => {
  const ofPool = new AbortController()
  const ofTask = new AbortController()
  const pool = Pool.create({ size: 1, signal: ofPool.signal })
  const end = gate()
  let signal: AbortSignal | undefined
  const task = pool.submit(
    (context) => {
      signal = context.signal
      return end.promise
    },
    { signal: ofTask.signal },
  )
  ofTask.abort('task')
  ofPool.abort('pool')
  t.is(await rejection(task), 'task')
  t.is(signal!.reason, 'task')
  end.open()
  await pool.drain()
})

test('an execute that has not started when the pool is aborted reaches the panicHandler', async (t) => {
  const controller = new AbortController()
  const seen = gate<unknown>()
  const pool = Pool.create({ size: 1, signal: controller.signal, panicHandler: (error) => seen.open(error) })
  const { finish } = occupy(pool, 1)
  pool.execute(() => t.fail('it ran'))
  controller.abort()
  t.true((await seen.promise) instanceof PoolClosedError)
  await finish()
})

test('a pool puts one listener on its signal, however many tasks run', async (t) => {
  const { signal } = new AbortController()
  const pool = Pool.create({ size: 1_000, signal })
  const end = gate()
  const tasks = Array.from({ length: 1_000 }, () =>
    pool.submit((context) => (context.signal.aborted ? undefined : end.promise)),
  )
  t.is(getEventListeners(signal, 'abort').length, 1)
  end.open()
  await Promise.all(tasks)
  t.is(getEventListeners(signal, 'abort').length, 1)
})

test('a task whose start was under way when the signal aborted does not run unaware of it', async (t) => {
  const controller = new AbortController()
  const pool = Pool.create({ size: 1, signal: controller.signal })
  const { finish } = occupy(pool, 1)
  const aborting = pool.submit(() => controller.abort('from the one before'))
  const end = gate()
  const next = pool.submit(async ({ signal }) => {
    await end.promise
    return signal.aborted
  })
  pool.tune(3)
  end.open()
  await finish()
  await aborting
  const [result] = await Promise.allSettled([next])
  if (result.status === 'rejected') t.true(result.reason instanceof PoolClosedError)
  else t.true(result.value)
})
