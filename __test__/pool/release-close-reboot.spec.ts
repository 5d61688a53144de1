import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClosedError, ReleaseTimeoutError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { rejection } from '../support/until.js'

const isClosedError = (error: unknown) => error instanceof PoolClosedError

// ── release ───────────────────────────────────────────────────────────────────────────────────────────────────────

test('release rejects what waits, lets the busy ones finish and retires the idle ones at once', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { gates, tasks } = occupy(pool, 3)
  gates[2]!.open()
  await tasks[2]
  t.deepEqual([pool.busy, pool.idle], [2, 1])
  const more = occupy(pool, 3)
  t.deepEqual([pool.busy, pool.waiting], [3, 2])
  more.gates[0]!.open()
  pool.release()
  t.deepEqual([pool.isClosed, pool.waiting, pool.idle], [true, 0, 0])
  t.true(isClosedError(await rejection(more.tasks[1]!)))
  t.true(isClosedError(await rejection(more.tasks[2]!)))
  await more.tasks[0]
  t.is(pool.running, 2)
  gates[0]!.open()
  gates[1]!.open()
  await Promise.all(tasks)
  t.is(pool.running, 0)
  const { completed, rejected, unsettled } = pool.stats()
  t.deepEqual({ completed, released: rejected.released, unsettled }, { completed: 4, released: 2, unsettled: 0 })
})

test('release retires idle workers within the call', async (t) => {
  const pool = Pool.create({ size: 5 })
  await occupy(pool, 5).finish()
  t.is(pool.idle, 5)
  pool.release()
  t.deepEqual([pool.running, pool.idle, pool.free], [0, 0, 5])
})

test('waiting tasks are rejected in their order', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: number[] = []
  const tasks = Array.from({ length: 3_000 }, (_, i) => pool.submit(() => 0).catch(() => void order.push(i)))
  pool.release()
  await Promise.all(tasks)
  t.deepEqual(
    order,
    Array.from({ length: 3_000 }, (_, i) => i),
  )
  await finish()
})

test('release interrupts nobody: the signals of running tasks do not abort', async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate()
  const task = pool.submit(async ({ signal }) => {
    await end.promise
    return signal.aborted
  })
  pool.release()
  end.open()
  t.false(await task)
})

test('a second release does nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 2)
  pool.release()
  const before = pool.stats()
  pool.release()
  t.deepEqual(pool.stats(), before)
  await finish()
})

test('a released pool refuses', async (t) => {
  const pool = Pool.create()
  pool.release()
  t.true(isClosedError(await rejection(pool.submit(() => t.fail('it ran')))))
  t.throws(() => pool.execute(() => t.fail('it ran')), { instanceOf: PoolClosedError })
  t.false(pool.tryExecute(() => t.fail('it ran')))
  t.is(pool.stats().rejected.closed, 3)
  t.is(pool.stats().submitted, 0)
})

test('release from inside a running closure', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const releasing = pool.submit(() => {
    pool.release()
    return 'released'
  })
  const waiting = pool.submit(() => t.fail('it ran'))
  await finish()
  t.is(await releasing, 'released')
  t.true(isClosedError(await rejection(waiting)))
  t.is(pool.running, 0)
})

test('a task that awaits its own full pool waits for ever, until a release frees it', async (t) => {
  const pool = Pool.create({ size: 1, logger: new Recorder() })
  const outer = pool.submit(async () => {
    await pool.submit(() => t.fail('it ran'))
  })
  await turn()
  t.deepEqual([pool.busy, pool.waiting], [1, 1])
  pool.release()
  t.true(isClosedError(await rejection(outer)))
  t.is(pool.running, 0)
})

// ── releaseTimeout ────────────────────────────────────────────────────────────────────────────────────────────────

test('releaseTimeout resolves when the busy ones have finished', async (t) => {
  const pool = Pool.create({ size: 5 })
  const { finish } = occupy(pool, 5)
  const released = pool.releaseTimeout(60_000)
  t.true(pool.isClosed)
  let done = false
  void released.then(() => (done = true))
  await turn()
  t.false(done)
  await finish()
  t.is(await released, undefined)
  t.is(pool.running, 0)
})

test('releaseTimeout of an idle and of an unused pool resolves', async (t) => {
  const used = Pool.create({ size: 2 })
  await occupy(used, 2).finish()
  await used.releaseTimeout(1_000)
  await Pool.create().releaseTimeout(1_000)
  t.is(used.running, 0)
})

test('releaseTimeout rejects when workers are left, never early; the pool stays closed', async (t) => {
  const pool = Pool.create({ size: 2 })
  const { finish } = occupy(pool, 3)
  const waiting = pool.submit(() => t.fail('it ran'))
  const start = performance.now()
  const error = await rejection(pool.releaseTimeout(40))
  t.true(performance.now() - start >= 40)
  t.true(error instanceof ReleaseTimeoutError)
  t.true(pool.isClosed)
  t.true(isClosedError(await rejection(waiting)))
  t.is(pool.busy, 2)
  await finish()
  t.is(pool.running, 0)
})

test('releaseTimeout may follow release, and itself, and waits each time', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  pool.release()
  t.true((await rejection(pool.releaseTimeout(5))) instanceof ReleaseTimeoutError)
  const second = pool.releaseTimeout(60_000)
  const third = pool.releaseTimeout(60_000)
  await finish()
  await Promise.all([second, third])
  await pool.releaseTimeout(1)
  t.is(pool.running, 0)
})

test('releaseTimeout waits for the generation it closed, not for the next one', async (t) => {
  const pool = Pool.create({ size: 1 })
  const old = occupy(pool, 1)
  const released = pool.releaseTimeout(60_000)
  pool.reboot()
  const young = occupy(pool, 1)
  t.is(pool.busy, 1)
  await old.finish()
  await released
  t.is(pool.busy, 1)
  t.false(pool.isClosed)
  await young.finish()
})

test('a releaseTimeout that runs out after a reboot leaves the new generation alone', async (t) => {
  const pool = Pool.create({ size: 1 })
  const old = occupy(pool, 1)
  const released = pool.releaseTimeout(20)
  pool.reboot()
  const young = occupy(pool, 2)
  t.true((await rejection(released)) instanceof ReleaseTimeoutError)
  t.deepEqual([pool.isClosed, pool.busy, pool.waiting], [false, 1, 1])
  await young.finish()
  await old.finish()
  t.is(pool.stats().completed, 3)
})

// ── close ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('close refuses new tasks and runs all that was accepted', async (t) => {
  const pool = Pool.create({ size: 3 })
  const results: number[] = []
  const first = occupy(pool, 3)
  const tasks = Array.from({ length: 200 }, (_, i) =>
    pool.submit(async () => {
      await turn()
      results.push(i)
    }),
  )
  const closed = pool.close()
  t.true(pool.isClosed)
  t.is(pool.waiting, 200)
  t.true(isClosedError(await rejection(pool.submit(() => t.fail('it ran')))))
  await first.finish()
  t.is(await closed, undefined)
  t.is(results.length, 200)
  t.is(pool.running, 0)
  await Promise.all(tasks)
  t.is(pool.stats().completed, 203)
  t.is(pool.stats().rejected.closed, 1)
})

test('close of an idle and of an unused pool resolves, and may follow itself and release', async (t) => {
  const pool = Pool.create({ size: 2 })
  await occupy(pool, 2).finish()
  const twice = [pool.close(), pool.close()]
  t.is(pool.running, 0)
  await Promise.all(twice)
  await pool.close()
  const other = Pool.create()
  other.release()
  await other.close()
  t.true(other.isClosed)
})

test('close after release waits for the busy ones', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  pool.release()
  let done = false
  const closed = pool.close().then(() => (done = true))
  await turn()
  t.false(done)
  await finish()
  await closed
  t.is(pool.running, 0)
})

test('a close that runs out of time rejects what still waits, and itself; the busy ones finish', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { tasks, finish } = occupy(pool, 1)
  const waiting = [pool.submit(() => t.fail('it ran')), pool.submit(() => t.fail('it ran'))]
  const start = performance.now()
  const closed = rejection(pool.close({ timeout: 40 }))
  for (const task of waiting) t.true(isClosedError(await rejection(task)))
  t.true(performance.now() - start >= 40)
  t.true((await closed) instanceof ReleaseTimeoutError)
  t.true(pool.isClosed)
  t.is(pool.busy, 1)
  await finish()
  await tasks[0]
  const { completed, rejected } = pool.stats()
  t.deepEqual({ completed, released: rejected.released }, { completed: 1, released: 2 })
})

test('a close that ends in time is untouched by its timeout', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 3)
  const closed = pool.close({ timeout: 60_000 })
  await finish()
  await closed
  t.is(pool.stats().completed, 3)
})

test('the signal of close turns it into a release: what waits rejects, and close resolves', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const waiting = pool.submit(() => t.fail('it ran'))
  const controller = new AbortController()
  const closed = pool.close({ signal: controller.signal })
  t.is(pool.waiting, 1)
  controller.abort()
  t.is(pool.waiting, 0)
  t.true(isClosedError(await rejection(waiting)))
  let done = false
  void closed.then(() => (done = true))
  await turn()
  t.false(done)
  await finish()
  t.is(await closed, undefined)
  await turn()
  t.is(getEventListeners(controller.signal, 'abort').length, 0)
})

test('close with a signal that was aborted before is a release', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const waiting = pool.submit(() => t.fail('it ran'))
  const closed = pool.close({ signal: AbortSignal.abort() })
  t.true(pool.isClosed)
  t.true(isClosedError(await rejection(waiting)))
  await finish()
  t.is(await closed, undefined)
})

test('the signal of close has no listener left when close has ended', async (t) => {
  const { signal } = new AbortController()
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const closed = pool.close({ signal })
  t.is(getEventListeners(signal, 'abort').length, 1)
  await finish()
  await closed
  await turn()
  t.is(getEventListeners(signal, 'abort').length, 0)
})

test('the signal of a close that has ended does not touch the next generation', async (t) => {
  const controller = new AbortController()
  const pool = Pool.create({ size: 1 })
  const old = occupy(pool, 1)
  const closed = pool.close({ signal: controller.signal })
  pool.reboot()
  const young = occupy(pool, 2)
  controller.abort()
  t.false(pool.isClosed)
  await young.finish()
  await old.finish()
  await closed
  t.is(pool.stats().completed, 3)
})

test('release during close rejects what still waits; close resolves when the busy ones end', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const waiting = pool.submit(() => t.fail('it ran'))
  const closed = pool.close()
  pool.release()
  t.true(isClosedError(await rejection(waiting)))
  let done = false
  void closed.then(() => (done = true))
  await turn()
  t.false(done)
  await finish()
  await closed
  t.is(pool.running, 0)
})

test('releaseTimeout during close rejects what still waits; both resolve when the busy ones end', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const waiting = pool.submit(() => t.fail('it ran'))
  const ends = [pool.close(), pool.releaseTimeout(60_000)]
  t.true(isClosedError(await rejection(waiting)))
  await finish()
  await Promise.all(ends)
  t.is(pool.running, 0)
})

test('async dispose is close', async (t) => {
  const results: number[] = []
  const pool = Pool.create({ size: 1 })
  {
    await using disposed = pool
    for (let i = 0; i < 5; i++) {
      void disposed.submit(async () => {
        await turn()
        results.push(i)
      })
    }
  }
  t.deepEqual(results, [0, 1, 2, 3, 4])
  t.true(pool.isClosed)
  t.is(pool.running, 0)
  t.is(await pool[Symbol.asyncDispose](), undefined)
})

// ── drain ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('drain resolves when nothing waits and nothing is busy, and does not close', async (t) => {
  const pool = Pool.create({ size: 2 })
  await pool.drain()
  const { finish } = occupy(pool, 7)
  let done = false
  const drained = [pool.drain(), pool.drain()]
  void drained[0]!.then(() => (done = true))
  await turn()
  t.false(done)
  await finish()
  t.is((await Promise.all(drained)).length, 2)
  t.deepEqual([pool.busy, pool.waiting, pool.isClosed], [0, 0, false])
  t.is(await pool.submit(() => 'open'), 'open')
})

test('drain waits for a closure whose task was aborted, as its worker is busy', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const end = gate()
  const task = pool.submit(() => end.promise, { signal: controller.signal })
  controller.abort()
  await rejection(task)
  let done = false
  const drained = pool.drain().then(() => (done = true))
  await turn()
  t.false(done)
  end.open()
  await drained
  t.is(pool.busy, 0)
})

test('drain waits for what is submitted meanwhile, and for tasks that fail', async (t) => {
  const pool = Pool.create({ size: 1, panicHandler() {} })
  let ran = 0
  const again = async (left: number): Promise<void> => {
    ran++
    await turn()
    if (left > 0) pool.execute(() => again(left - 1))
    throw new Error('fails')
  }
  pool.execute(() => again(9))
  await pool.drain()
  t.is(ran, 10)
  t.is(pool.stats().failed, 10)
})

test('drain of a released pool resolves when the busy ones have ended', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 3)
  pool.release()
  const drained = pool.drain()
  await finish()
  await drained
  t.is(pool.running, 0)
})

// ── reboot ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('reboot of an open pool does nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { tasks, finish } = occupy(pool, 3)
  const before = pool.stats()
  pool.reboot()
  t.deepEqual(pool.stats(), before)
  await finish()
  await Promise.all(tasks)
  t.is(pool.stats().generation, 1)
})

test('a rebooted pool takes tasks; counters run on, gauges and peaks restart', async (t) => {
  const pool = Pool.create({ size: 2 })
  await occupy(pool, 5).finish()
  pool.release()
  await rejection(pool.submit(() => 0))
  pool.reboot()
  const fresh = pool.stats()
  t.deepEqual([fresh.generation, fresh.isClosed, fresh.running, fresh.busy, fresh.waiting], [2, false, 0, 0, 0])
  t.deepEqual([fresh.peakBusy, fresh.peakWaiting], [0, 0])
  t.deepEqual([fresh.submitted, fresh.completed, fresh.rejected.closed], [5, 5, 1])
  t.is(await pool.submit(() => 'again'), 'again')
  t.is(pool.stats().peakBusy, 1)
  t.is(pool.stats().completed, 6)
})

test('release and reboot in the same tick while 100 wait: the 100 reject, new ones run', async (t) => {
  const pool = Pool.create({ size: 4 })
  const old = occupy(pool, 4)
  const waiting = Array.from({ length: 100 }, () => pool.submit(() => t.fail('it ran')))
  pool.release()
  pool.reboot()
  t.deepEqual([pool.running, pool.busy, pool.waiting, pool.isClosed], [0, 0, 0, false])
  const young = Array.from({ length: 10 }, (_, i) => pool.submit(() => i))
  t.deepEqual(await Promise.all(young), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  const results = await Promise.allSettled(waiting)
  t.true(results.every((result) => result.status === 'rejected' && isClosedError(result.reason)))
  await old.finish()
  await Promise.all(old.tasks)
  const { generation, submitted, unsettled, completed, rejected } = pool.stats()
  t.deepEqual(
    { generation, submitted, unsettled, completed, released: rejected.released },
    { generation: 2, submitted: 114, unsettled: 0, completed: 14, released: 100 },
  )
})

test('workers of an old generation never count in the new one and never serve it', async (t) => {
  const pool = Pool.create({ size: 2 })
  const old = occupy(pool, 2)
  pool.release()
  pool.reboot()
  const young = occupy(pool, 3)
  t.deepEqual([pool.running, pool.busy, pool.waiting, pool.free], [2, 2, 1, 0])
  await old.finish()
  t.deepEqual([pool.running, pool.busy, pool.waiting, pool.idle], [2, 2, 1, 0])
  await young.finish()
  t.deepEqual([pool.running, pool.busy, pool.waiting, pool.idle], [2, 0, 0, 2])
  t.is(pool.stats().peakBusy, 2)
})

test('unsettled counts tasks of any generation', async (t) => {
  const pool = Pool.create({ size: 1 })
  const old = occupy(pool, 1)
  pool.release()
  pool.reboot()
  const young = occupy(pool, 1)
  t.is(pool.stats().unsettled, 2)
  await old.finish()
  t.is(pool.stats().unsettled, 1)
  await young.finish()
  t.is(pool.stats().unsettled, 0)
})

test('reboot during close rejects what still waits; close resolves when its generation has ended', async (t) => {
  const pool = Pool.create({ size: 1 })
  const old = occupy(pool, 1)
  const waiting = pool.submit(() => t.fail('it ran'))
  const closed = pool.close()
  pool.reboot()
  t.true(isClosedError(await rejection(waiting)))
  t.is(await pool.submit(() => 'young'), 'young')
  let done = false
  void closed.then(() => (done = true))
  await turn()
  t.false(done)
  await old.finish()
  await closed
  t.false(pool.isClosed)
})

test('a thousand generations with work in each leave nothing behind', async (t) => {
  const pool = Pool.create({ size: 3, expiry: 5 })
  for (let i = 0; i < 1_000; i++) {
    const task = pool.submit(() => i)
    pool.release()
    pool.reboot()
    t.is(await task, i)
  }
  const { generation, running, completed, workers } = pool.stats()
  t.deepEqual({ generation, running, completed }, { generation: 1_001, running: 0, completed: 1_000 })
  t.is(workers.retired, workers.started)
})

test('an abort and a timeout of an old generation are counted and free nobody in the new one', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const end = gate()
  const task = pool.submit(() => end.promise, { signal: controller.signal })
  pool.release()
  pool.reboot()
  const { finish } = occupy(pool, 2)
  controller.abort('old')
  t.is(await rejection(task), 'old')
  end.open()
  await turn()
  t.deepEqual([pool.busy, pool.waiting, pool.running], [1, 1, 1])
  await finish()
  t.is(pool.stats().cancelled, 1)
})
