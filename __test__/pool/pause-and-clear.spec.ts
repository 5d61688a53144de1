// pause, resume and clear (design/scheduling.md).
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClearedError, PoolClosedError, PoolError, PoolOverloadError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection, until } from '../support/until.js'

test('in a pause nothing starts, what runs goes on, and resume starts what waits in its order', async (t) => {
  const pool = Pool.create({ size: 2 })
  const { finish } = occupy(pool, 1)
  t.false(pool.isPaused)
  pool.pause()
  pool.pause()
  t.true(pool.isPaused)
  t.true(pool.stats().isPaused)
  t.is(pool.available, 0)
  const order: string[] = []
  const tasks = ['low', 'normal', 'high'].map((priority) =>
    pool.submit(() => order.push(priority), { priority: priority as 'low' }),
  )
  t.is(pool.waiting, 3)
  await finish()
  await turn()
  t.deepEqual([pool.busy, pool.waiting, order], [0, 3, []])
  pool.resume()
  t.false(pool.isPaused)
  await Promise.all(tasks)
  t.deepEqual(order, ['high', 'normal', 'low'])
  pool.resume()
})

test('nonblocking and a full queue refuse in a pause with reason paused', async (t) => {
  for (const options of [{ nonblocking: true }, { maxBlockingTasks: 1 }]) {
    const pool = Pool.create({ size: 1, ...options })
    pool.pause()
    const waiting = options.nonblocking === undefined ? [pool.submit(() => 'waited')] : []
    const error: PoolOverloadError = await rejection(pool.submit(() => t.fail('it ran')))
    t.true(error instanceof PoolOverloadError)
    t.like(error, { reason: 'paused', waiting: waiting.length, capacity: 1 })
    t.regex(error.message, /the pool is paused.*submit again after resume\(\)/)
    t.false(pool.tryExecute(() => t.fail('it ran')))
    t.throws(() => pool.execute(() => t.fail('it ran')), { code: 'ERR_POOL_OVERLOAD' })
    t.like(pool.stats().rejected, { paused: 3, overload: 0 })
    pool.resume()
    await Promise.all(waiting)
    t.is(await pool.submit(() => 'in'), 'in')
  }
})

test('waitTimeout runs in a pause, and no vacancy comes', async (t) => {
  const pool = Pool.create({ size: 1 })
  pool.pause()
  t.is((await rejection(pool.submit(() => t.fail('it ran'), { waitTimeout: 1 }))).code, 'ERR_POOL_WAIT_TIMEOUT')
  t.is((await rejection(pool.submit(() => t.fail('it ran'), { waitTimeout: 0 }))).code, 'ERR_POOL_WAIT_TIMEOUT')
  let isVacant = false
  const vacancy = pool.vacancy().then(() => (isVacant = true))
  await turn()
  t.false(isVacant)
  pool.resume()
  t.true(await vacancy)
})

test('resources that are being made become ready in a pause', async (t) => {
  const made = gate<string>()
  const pool = Pool.create({ size: 1, init: () => made.promise })
  const task = pool.submit(({ resource }) => resource)
  pool.pause()
  made.open('resource')
  await until(() => pool.idle === 1, 'the resource is there')
  t.is(pool.waiting, 1)
  pool.resume()
  t.is(await task, 'resource')
  await pool.close()
})

test('drain waits for resume', async (t) => {
  const pool = Pool.create({ size: 1 })
  pool.pause()
  let ran = false
  let isDrained = false
  const task = pool.submit(() => (ran = true))
  const drained = pool.drain().then(() => (isDrained = true))
  await turn()
  t.false(isDrained)
  pool.resume()
  await drained
  t.true(ran)
  await task
})

test('close ends the pause and runs what waits; release rejects it; a closed pool does not pause', async (t) => {
  const closing = Pool.create({ size: 1 })
  closing.pause()
  const task = closing.submit(() => 'ran')
  const closed = closing.close()
  t.false(closing.isPaused)
  t.is(await task, 'ran')
  await closed

  const pool = Pool.create({ size: 1 })
  pool.pause()
  const waiting = rejection(pool.submit(() => t.fail('it ran')))
  pool.release()
  t.true((await waiting) instanceof PoolClosedError)
  t.false(pool.isPaused)
  pool.pause()
  t.false(pool.isPaused)
  pool.reboot()
  t.false(pool.isPaused)
  t.is(await pool.submit(() => 'again'), 'again')
})

test('clear rejects what waits, gives how many, and leaves the rest alone', async (t) => {
  const pool = Pool.create({ name: 'queue', size: 1 })
  const { tasks, finish } = occupy(pool, 1)
  t.is(pool.clear(), 0)
  const waiting = [
    pool.submit(() => t.fail('it ran')),
    pool.submit(() => t.fail('it ran'), { priority: 'low', key: 'a' }),
    pool.submit(() => t.fail('it ran'), { priority: 'background', waitTimeout: 60_000 }),
  ].map(rejection)
  t.is(pool.clear(), 3)
  t.is(pool.waiting, 0)
  for (const error of await Promise.all(waiting)) {
    t.true(error instanceof PoolClearedError)
    t.true(PoolClearedError.is(error) && PoolError.is(error))
    t.like(error, { code: 'ERR_POOL_CLEARED', retryable: false, name: 'PoolClearedError' })
    t.is(error.message, 'the queue was cleared while the task waited (pool "queue")')
  }
  t.is(pool.stats().rejected.cleared, 3)
  t.false(pool.isClosed)
  const next = pool.submit(() => 'next')
  await finish()
  await Promise.all(tasks)
  t.is(await next, 'next')
})

test('clear rejects what waits at the call, not what its rejections submit', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const again: Promise<string>[] = []
  const waiting = Array.from({ length: 3_000 }, () =>
    pool
      .submit(() => t.fail('it ran'))
      .catch(() => {
        again.push(pool.submit(() => 'again'))
      }),
  )
  t.is(pool.clear(), 3_000)
  await Promise.all(waiting)
  t.is(pool.waiting, 3_000)
  await finish()
  t.deepEqual(new Set(await Promise.all(again)), new Set(['again']))
})

test('whoever awaits a vacancy goes on to wait after a clear', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const vacancy = pool.vacancy()
  t.is(pool.clear(), 0)
  await finish()
  await vacancy
  t.pass()
})
