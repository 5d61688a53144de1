// Serial, as some of these block the event loop.
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { Pool, TaskTimeoutError, WaitTimeoutError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { block, rejection } from '../support/until.js'

for (const waitTimeout of [0.3, 1, 20, 60]) {
  test.serial(`a task without a worker for ${waitTimeout} ms rejects, never early, and never runs`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const { finish } = occupy(pool, 1)
    const start = performance.now()
    const task = pool.submit(() => t.fail('it ran'), { waitTimeout })
    t.is(pool.stats().peakWaiting, 1)
    const error = await rejection(task)
    t.true(performance.now() - start >= waitTimeout)
    t.true(error instanceof WaitTimeoutError)
    t.is(pool.waiting, 0)
    t.is(pool.stats().rejected.waitTimeout, 1)
    await finish()
    t.is(pool.stats().completed, 1)
  })
}

test.serial('deadlines of waiting tasks come true in their own order, not in that of the queue', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: number[] = []
  const tasks = [90, 30, 60].map((waitTimeout) =>
    rejection(pool.submit(() => 0, { waitTimeout })).then(() => order.push(waitTimeout)),
  )
  await Promise.all(tasks)
  t.deepEqual(order, [30, 60, 90])
  await finish()
})

test.serial('a task that gets a worker in time is untouched by its waitTimeout, however long it runs', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const task = pool.submit(() => delay(300, 'ran'), { waitTimeout: 250 })
  await finish()
  t.is(await task, 'ran')
  t.is(pool.stats().rejected.waitTimeout, 0)
})

test.serial('a thousand waitTimeouts in one queue reject every task once', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const tasks = Array.from({ length: 1_000 }, (_, i) => pool.submit(() => 0, { waitTimeout: 1 + (i % 20) }))
  const results = await Promise.allSettled(tasks)
  t.true(results.every((result) => result.status === 'rejected' && result.reason instanceof WaitTimeoutError))
  t.is(pool.stats().rejected.waitTimeout, 1_000)
  await finish()
})

test.serial('a task that runs longer than its timeout rejects, never early, and its worker stays busy', async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate()
  const start = performance.now()
  const task = pool.submit(() => end.promise, { timeout: 40 })
  const next = pool.submit(() => 'next')
  const error = await rejection(task)
  t.true(performance.now() - start >= 40)
  t.true(error instanceof TaskTimeoutError)
  t.is(pool.busy, 1)
  t.is(pool.waiting, 1)
  t.is(pool.stats().timedOut, 1)
  end.open()
  t.is(await next, 'next')
  t.is(pool.stats().completed, 1)
})

test.serial('a timeout below a millisecond is one', async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate()
  t.true((await rejection(pool.submit(() => end.promise, { timeout: 0.5 }))) instanceof TaskTimeoutError)
  end.open()
  await pool.drain()
})

test.serial("a timeout aborts the context's signal with the very error the promise rejects with", async (t) => {
  const pool = Pool.create({ size: 1 })
  const reason = gate<unknown>()
  const task = pool.submit(
    ({ signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          reason.open(signal.reason)
          resolve()
        })
      }),
    { timeout: 10 },
  )
  const error = await rejection(task)
  t.is(await reason.promise, error)
  await pool.drain()
  t.is(pool.idle, 1)
})

test.serial("a context's signal that is first read after the timeout is aborted with the same error", async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate()
  const late = gate<AbortSignal>()
  const task = pool.submit(
    async (context) => {
      await end.promise
      late.open(context.signal)
    },
    { timeout: 5 },
  )
  const error = await rejection(task)
  end.open()
  t.is((await late.promise).reason, error)
})

test.serial('the timeout counts from the start, not from the submit', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const task = pool.submit(() => delay(1, 'ran'), { timeout: 500 })
  await rejection(pool.submit(() => 0, { waitTimeout: 600 }))
  await finish()
  t.is(await task, 'ran')
  t.is(pool.stats().timedOut, 0)
})

test.serial(
  'the timeout counts from the start also where the closure begins with a long synchronous part',
  async (t) => {
    const pool = Pool.create({ size: 1 })
    const task = pool.submit(
      async () => {
        block(150)
        await delay(100)
      },
      { timeout: 120 },
    )
    t.true((await rejection(task)) instanceof TaskTimeoutError)
    await pool.drain()
  },
)

test.serial('a synchronous closure that outlasts its timeout completes', async (t) => {
  const pool = Pool.create({ size: 1 })
  const sync = () => {
    block(60)
    return 'completed'
  }
  t.is(await pool.submit(sync, { timeout: 5 }), 'completed')
  const { finish } = occupy(pool, 1)
  const waited = pool.submit(sync, { timeout: 5 })
  await finish()
  t.is(await waited, 'completed')
  t.is(pool.stats().completed, 3)
  t.is(pool.stats().timedOut, 0)
})

test.serial('a task that ends in time is untouched by its timeout', async (t) => {
  const pool = Pool.create({ size: 1 })
  let signal: AbortSignal | undefined
  const task = pool.submit(
    async (context) => {
      signal = context.signal
      return 'in time'
    },
    { timeout: 250 },
  )
  t.is(await task, 'in time')
  await delay(300)
  t.false(signal!.aborted)
  t.is(pool.stats().timedOut, 0)
})

test.serial('what a task does after its timeout is logged at debug only, and reaches no panicHandler', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, logger, panicHandler: () => t.fail('panicHandler was called') })
  const end = gate()
  await rejection(pool.submit(() => end.promise, { timeout: 2 }))
  end.fail(new Error('afterwards'))
  await pool.drain()
  await turn()
  t.deepEqual(logger.complaints, [])
  t.is(logger.at('debug').length, 1)
})

test.serial('an abort before the timeout wins, and the other way round', async (t) => {
  const pool = Pool.create({ size: 2 })
  const end = gate()
  const early = new AbortController()
  const aborted = pool.submit(() => end.promise, { signal: early.signal, timeout: 60_000 })
  early.abort('aborted')
  t.is(await rejection(aborted), 'aborted')
  const late = new AbortController()
  const timedOut = pool.submit(() => end.promise, { signal: late.signal, timeout: 5 })
  t.true((await rejection(timedOut)) instanceof TaskTimeoutError)
  late.abort()
  end.open()
  await pool.drain()
  const { cancelled, timedOut: count } = pool.stats()
  t.deepEqual({ cancelled, count }, { cancelled: 1, count: 1 })
})

test.serial('a deadline that comes true while the event loop is blocked settles its task once', async (t) => {
  const pool = Pool.create({ size: 2 })
  const end = gate()
  const timedOut = pool.submit(() => end.promise, { timeout: 5 })
  const other = occupy(pool, 1)
  const impatient = pool.submit(() => t.fail('it ran'), { waitTimeout: 5 })
  block(60)
  end.open()
  await Promise.allSettled([timedOut, impatient])
  await other.finish()
  await pool.drain()
  t.true((await rejection(impatient)) instanceof WaitTimeoutError)
  t.true((await rejection(timedOut)) instanceof TaskTimeoutError)
  const { unsettled, completed, timedOut: count, rejected } = pool.stats()
  t.deepEqual(
    { unsettled, completed, count, waited: rejected.waitTimeout },
    { unsettled: 0, completed: 1, count: 1, waited: 1 },
  )
})

test.serial('deadlines up to 2^31 − 1 ms are kept and do not fire early', async (t) => {
  const pool = Pool.create({ size: 1 })
  const longest = 2 ** 31 - 1
  const { finish } = occupy(pool, 1)
  const task = pool.submit(() => delay(5, 'ran'), { waitTimeout: longest, timeout: longest })
  await rejection(pool.submit(() => 0, { waitTimeout: 20 }))
  await finish()
  t.is(await task, 'ran')
})

test.serial('the next deadline is kept after the nearest one was cancelled or met', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const controller = new AbortController()
  const cancelled = pool.submit(() => 0, { signal: controller.signal, waitTimeout: 10 })
  const kept = pool.submit(() => 0, { waitTimeout: 40 })
  controller.abort('cancelled')
  t.is(await rejection(cancelled), 'cancelled')
  t.true((await rejection(kept)) instanceof WaitTimeoutError)
  await finish()
})
