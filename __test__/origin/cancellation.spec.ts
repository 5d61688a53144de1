import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { rejection } from '../support/until.js'

test('a waiting task that is cancelled never runs, and leaves the queue at once', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const controller = new AbortController()
  const task = pool.submit(() => t.fail('it ran'), { signal: controller.signal })
  const other = pool.submit(() => 'other')
  t.is(pool.waiting, 2)
  const reason = new Error('changed my mind')
  controller.abort(reason)
  t.is(pool.waiting, 1)
  t.is(await rejection(task), reason)
  await finish()
  t.is(await other, 'other')
  t.is(pool.stats().cancelled, 1)
  t.is(pool.stats().completed, 2)
})

for (const reason of ['a string', 0, null, { code: 7 }]) {
  test(`an aborted task rejects with signal.reason itself: ${JSON.stringify(reason)}`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const { finish } = occupy(pool, 1)
    const controller = new AbortController()
    const task = pool.submit(() => t.fail('it ran'), { signal: controller.signal })
    controller.abort(reason)
    t.is(await rejection(task), reason)
    await finish()
  })
}

test('abort() without a reason rejects with the AbortError of the platform', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const end = gate()
  const task = pool.submit(() => end.promise, { signal: controller.signal })
  controller.abort()
  const error = await rejection(task)
  t.true(error instanceof DOMException)
  t.is(error.name, 'AbortError')
  end.open()
  await pool.drain()
})

test('a task whose signal was aborted before never starts and is not submitted', async (t) => {
  const pool = Pool.create({ size: 1 })
  const reason = new Error('too late')
  t.is(await rejection(pool.submit(() => t.fail('it ran'), { signal: AbortSignal.abort(reason) })), reason)
  t.is(pool.stats().submitted, 0)
  t.is(pool.running, 0)
})

test('a running task that is aborted rejects at once, while its worker stays busy until the closure ends', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const end = gate()
  const task = pool.submit(() => end.promise, { signal: controller.signal })
  const next = pool.submit(() => 'next')
  const reason = new Error('stop')
  controller.abort(reason)
  t.is(await rejection(task), reason)
  await turn()
  t.is(pool.busy, 1)
  t.is(pool.waiting, 1)
  t.is(pool.stats().cancelled, 1)
  t.is(pool.stats().unsettled, 1)
  end.open()
  t.is(await next, 'next')
  t.is(pool.stats().completed, 1)
})

test("the context's signal aborts with the same reason", async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const reason = new Error('stop')
  const seen = gate<unknown>()
  const task = pool.submit(
    ({ signal }) => {
      t.false(signal.aborted)
      return new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          seen.open(signal.reason)
          resolve()
        })
      })
    },
    { signal: controller.signal },
  )
  controller.abort(reason)
  t.is(await seen.promise, reason)
  t.is(await rejection(task), reason)
  await pool.drain()
  t.is(pool.idle, 1)
})

test("a context's signal that is first read after the abort is aborted already", async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const end = gate()
  const late = gate<AbortSignal>()
  const task = pool.submit(
    async (context) => {
      await end.promise
      late.open(context.signal)
    },
    { signal: controller.signal },
  )
  const reason = new Error('stop')
  controller.abort(reason)
  t.is(await rejection(task), reason)
  end.open()
  const signal = await late.promise
  t.true(signal.aborted)
  t.is(signal.reason, reason)
})

test("the context's signal is one AbortSignal per task, and does not abort when the task just ends", async (t) => {
  const pool = Pool.create({ size: 2 })
  const signals: AbortSignal[] = []
  for (let i = 0; i < 2; i++) {
    await pool.submit(async (context) => {
      signals.push(context.signal)
      await turn()
      t.is(context.signal, signals[i]!)
    })
  }
  t.true(signals[0] instanceof AbortSignal)
  t.not(signals[0]!, signals[1]!)
  t.false(signals[0]!.aborted)
  t.false(signals[1]!.aborted)
})

test('an abort from inside the closure settles its own task', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const reason = new Error('from inside')
  const task = pool.submit(
    ({ signal }) => {
      controller.abort(reason)
      t.true(signal.aborted)
      return 'a result nobody gets'
    },
    { signal: controller.signal },
  )
  t.is(await rejection(task), reason)
  t.is(pool.busy, 0)
  t.is(pool.stats().cancelled, 1)
  t.is(pool.stats().completed, 0)
})

test('the first end wins: an abort after the result changes nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const task = pool.submit(() => 'result', { signal: controller.signal })
  controller.abort()
  t.is(await task, 'result')
  t.is(pool.stats().completed, 1)
  t.is(pool.stats().cancelled, 0)
})

test('what a task does after it was aborted is logged at debug only, and reaches no panicHandler', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, logger, panicHandler: () => t.fail('panicHandler was called') })
  const controller = new AbortController()
  const end = gate()
  const task = pool.submit(() => end.promise, { signal: controller.signal })
  controller.abort()
  await rejection(task)
  end.fail(new Error('afterwards'))
  await pool.drain()
  await turn()
  t.deepEqual(logger.complaints, [])
  t.is(logger.at('debug').length, 1)
  t.is(pool.stats().failed, 0)
})

test('a thousand waiting and running tasks on one signal leave no listener and no warning', async (t) => {
  const warnings: Error[] = []
  const listen = (warning: Error) => void warnings.push(warning)
  process.on('warning', listen)
  const pool = Pool.create({ size: 10 })
  const { signal } = new AbortController()
  const end = gate()
  const tasks = Array.from({ length: 1_000 }, () => pool.submit(() => end.promise, { signal }))
  t.is(getEventListeners(signal, 'abort').length, 1)
  end.open()
  await Promise.all(tasks)
  await turn()
  t.is(getEventListeners(signal, 'abort').length, 0)
  process.off('warning', listen)
  t.deepEqual(warnings, [])
})

test('a thousand tasks that read the signal of their context leave no listener and no warning', async (t) => {
  const warnings: Error[] = []
  const listen = (warning: Error) => void warnings.push(warning)
  process.on('warning', listen)
  const pool = Pool.create({ size: Infinity, signal: new AbortController().signal })
  const { signal } = new AbortController()
  const end = gate()
  const tasks = Array.from({ length: 1_000 }, () =>
    pool.submit(
      async (context) => {
        await end.promise
        return context.signal.aborted
      },
      { signal },
    ),
  )
  end.open()
  t.deepEqual(new Set(await Promise.all(tasks)), new Set([false]))
  await turn()
  t.is(getEventListeners(signal, 'abort').length, 0)
  process.off('warning', listen)
  t.deepEqual(warnings, [])
})

test('an abort of a thousand tasks on one signal rejects them all and leaves no listener', async (t) => {
  const pool = Pool.create({ size: 10 })
  const controller = new AbortController()
  const { signal } = controller
  const end = gate()
  const reason = new Error('all of you')
  const tasks = Array.from({ length: 1_000 }, () => pool.submit(() => end.promise, { signal }))
  controller.abort(reason)
  t.is(pool.waiting, 0)
  t.is(pool.busy, 10)
  const results = await Promise.allSettled(tasks)
  t.true(results.every((result) => result.status === 'rejected' && result.reason === reason))
  t.is(pool.stats().cancelled, 1_000)
  t.is(getEventListeners(signal, 'abort').length, 0)
  end.open()
  await pool.drain()
})

test('a signal used by two pools is heeded by both', async (t) => {
  const controller = new AbortController()
  const pools = [Pool.create({ size: 1 }), Pool.create({ size: 1 })]
  const end = gate()
  const tasks = pools.map((pool) => pool.submit(() => end.promise, { signal: controller.signal }))
  controller.abort()
  for (const task of tasks) t.is(await rejection(task), controller.signal.reason)
  end.open()
  await Promise.all(pools.map((pool) => pool.drain()))
  t.is(getEventListeners(controller.signal, 'abort').length, 0)
})

test('the listener goes however the task ends: refused, timed out, released, failed', async (t) => {
  const { signal } = new AbortController()
  const overloaded = Pool.create({ size: 1, nonblocking: true })
  const occupants = occupy(overloaded, 1)
  await rejection(overloaded.submit(() => 0, { signal }))
  await occupants.finish()

  const pool = Pool.create({ size: 1 })
  const end = gate()
  const timedOut = pool.submit(() => end.promise, { signal, timeout: 1 })
  const impatient = pool.submit(() => 0, { signal, waitTimeout: 1 })
  await rejection(timedOut)
  await rejection(impatient)
  const released = pool.submit(() => 0, { signal })
  pool.release()
  await rejection(released)
  await rejection(pool.submit(() => 0, { signal }))
  pool.reboot()
  await rejection(pool.submit(() => Promise.reject(new Error('failed')), { signal }))
  await turn()
  t.is(getEventListeners(signal, 'abort').length, 0)
  end.open()
})

test('AbortSignal.any and AbortSignal.timeout work as any signal', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const controller = new AbortController()
  const both = AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)])
  const task = pool.submit(() => t.fail('it ran'), { signal: both })
  controller.abort('now')
  t.is(await rejection(task), 'now')
  // A timer of AbortSignal.timeout does not keep the process alive; the pool does.
  const patient = await rejection(pool.submit(() => t.fail('it ran'), { signal: AbortSignal.timeout(5) }))
  t.is(patient.name, 'TimeoutError')
  await finish()
})

test('an abort while tasks are being aborted, and submits from abort listeners, keep the books right', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const first = new AbortController()
  const second = new AbortController()
  let nested: Promise<string> | undefined
  first.signal.addEventListener('abort', () => {
    second.abort('second')
    nested = pool.submit(() => 'nested')
  })
  const tasks = [first, second, first].map(({ signal }) => pool.submit(() => t.fail('it ran'), { signal }))
  first.abort('first')
  t.deepEqual(await Promise.all(tasks.map(rejection)), ['first', 'second', 'first'])
  await finish()
  t.is(await nested, 'nested')
  t.is(pool.stats().cancelled, 3)
})

test('cancelling 100,000 waiting tasks one by one is quick and leaves an empty queue', async (t) => {
  t.timeout(30_000)
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const controllers = Array.from({ length: 100_000 }, () => new AbortController())
  const tasks = controllers.map(({ signal }) => pool.submit(() => 0, { signal }))
  for (const controller of controllers) controller.abort()
  t.is(pool.waiting, 0)
  const results = await Promise.allSettled(tasks)
  t.true(results.every(({ status }) => status === 'rejected'))
  await finish()
  t.is(pool.stats().cancelled, 100_000)
})
