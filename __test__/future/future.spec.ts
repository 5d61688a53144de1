// Futures (design/tasks.md): a task in the hands of its caller, in pools of closures.
import { setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import {
  type Future,
  MultiPool,
  Pool,
  PoolClearedError,
  PoolError,
  ResultTimeoutError,
  TaskTimeoutError,
} from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection, until, within } from '../support/until.js'

const never = (): Promise<never> => new Promise(() => {})

test('a future says how its task stands, from waiting over running to its end', async (t) => {
  const pool = Pool.create({ size: 1 })
  const first = gate<string>()
  const running = pool.future(() => first.promise)
  let seen: string | undefined
  const waiting: Future<void> = pool.future(() => {
    seen = waiting.state
  })
  t.is(running.state, 'running')
  t.is(waiting.state, 'waiting')
  first.open('done')
  t.is(await running, 'done')
  await waiting
  t.is(seen, 'running')
  t.is(running.state, 'fulfilled')
  t.is(waiting.state, 'fulfilled')
})

test('a future is never an unhandled rejection, and rejects for whoever awaits it', async (t) => {
  const pool = Pool.create()
  const unhandled: unknown[] = []
  const note = (error: unknown): number => unhandled.push(error)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  const error = new Error('the task failed')
  const future = pool.future(() => {
    throw error
  })
  t.is(future.state, 'rejected')
  await delay(5)
  t.deepEqual(unhandled, [])
  t.is(await rejection(Promise.resolve(future)), error)
  t.is(await rejection(future.get()), error)
})

test('future throws nothing: a bad argument is what the task fails with', async (t) => {
  const pool = Pool.create()
  const bad = [
    pool.future('no function' as never),
    pool.future(() => 1, { priority: 'urgent' as never }),
    pool.future(() => 1, { bogus: 1 } as never),
    pool.future(() => 1, null as never),
  ]
  for (const future of bad) {
    t.is(future.state, 'rejected')
    t.is(future.id, undefined)
    t.is((await rejection(future.get())).code, 'ERR_POOL_OPTION')
  }
  t.is(pool.stats().submitted, 0)
})

test('a refused call is a value: its state is refused, and refusal says why', async (t) => {
  const full = Pool.create({ size: 1, nonblocking: true })
  const { finish } = occupy(full, 1)
  const overload = full.future(() => 1)
  t.is(overload.state, 'refused')
  t.is(overload.id, undefined)
  t.deepEqual(overload.refusal, { code: 'ERR_POOL_OVERLOAD', reason: 'overload' })
  t.is((await rejection(overload.get())).code, 'ERR_POOL_OVERLOAD')
  const hasty = full.future(() => 1, { waitTimeout: 0 })
  t.is(hasty.refusal?.reason, 'overload')
  await finish()
  const open = Pool.create({ size: 1 })
  const occupants = occupy(open, 1)
  t.deepEqual(open.future(() => 1, { waitTimeout: 0 }).refusal, {
    code: 'ERR_POOL_WAIT_TIMEOUT',
    reason: 'waitTimeout',
  })
  open.pause()
  const paused = Pool.create({ size: 1, nonblocking: true })
  paused.pause()
  t.is(paused.future(() => 1).refusal?.reason, 'paused')
  open.resume()
  await occupants.finish()
  open.release()
  t.deepEqual(open.future(() => 1).refusal, { code: 'ERR_POOL_CLOSED', reason: 'closed' })
})

test('retryAfter of a refusal is that of its error', async (t) => {
  const pool = Pool.create({ nonblocking: true, rate: { limit: 1, interval: 60_000 } })
  await pool.submit(() => 1)
  const { refusal } = pool.future(() => 2)
  t.is(refusal?.reason, 'rate')
  t.true(refusal!.retryAfter! > 0 && refusal!.retryAfter! <= 60_000)
})

test('tasks that are displaced, shed, cleared, released or that wait for too long are refused', async (t) => {
  const displacing = Pool.create({ size: 1, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const first = occupy(displacing, 1)
  const displaced = displacing.future(() => 1)
  const kept = displacing.future(() => 2)
  t.deepEqual([displaced.state, displaced.refusal?.reason], ['refused', 'displaced'])
  t.true(PoolError.is(await rejection(displaced.get())))
  displacing.clear()
  t.deepEqual(kept.refusal, { code: 'ERR_POOL_CLEARED', reason: 'cleared' })
  t.true(PoolClearedError.is(await rejection(kept.get())))
  const late = displacing.future(() => 3, { waitTimeout: 1 })
  await rejection(late.get())
  t.deepEqual(late.refusal, { code: 'ERR_POOL_WAIT_TIMEOUT', reason: 'waitTimeout' })
  t.true(late.waitMs >= 1)
  t.is(late.runMs, 0)
  const released = displacing.future(() => 4)
  displacing.release()
  t.deepEqual(released.refusal, { code: 'ERR_POOL_CLOSED', reason: 'released' })
  await first.finish()

  const shedding = Pool.create({ size: 1, shed: { target: 1, interval: 1 } })
  const second = occupy(shedding, 1)
  const shed = shedding.future(() => 1)
  await until(() => {
    shedding.future(() => 2)
    return shed.waitMs > 5
  }, 'the queue stands')
  second.gates[0]!.open()
  await rejection(shed.get())
  t.is(shed.refusal?.reason, 'shed')
  await second.finish()
})

test('timed-out is a task that ran longer than its timeout, and no other', async (t) => {
  const pool = Pool.create()
  const future = pool.future(never, { timeout: 5 })
  t.is(future.state, 'running')
  t.true(TaskTimeoutError.is(await rejection(future.get())))
  t.is(future.state, 'timed-out')
  t.is(future.refusal, undefined)
  t.true(future.runMs >= 5)
})

test('cancel aborts as a signal does: what waits never runs, what runs sees its signal abort', async (t) => {
  const pool = Pool.create({ size: 1 })
  const reason = new Error('not needed')
  let signal: AbortSignal | undefined
  const running = pool.future((context) => {
    signal = context.signal
    return never()
  })
  let hasRun = false
  const waiting = pool.future(() => {
    hasRun = true
  })
  t.true(waiting.cancel(reason))
  t.is(waiting.state, 'cancelled')
  t.true(running.cancel(reason))
  t.is(running.state, 'cancelled')
  t.is(signal!.reason, reason)
  t.is(await rejection(waiting.get()), reason)
  t.is(await rejection(running.get()), reason)
  t.false(running.cancel())
  t.false(hasRun)
  t.is(pool.stats().cancelled, 2)
})

test('cancel without a reason is an AbortError, and comes too late for a task that has settled', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const waiting = pool.future(() => 1)
  t.true(waiting.cancel())
  t.is((await rejection(waiting.get())).name, 'AbortError')
  await finish()
  const done = pool.future(() => 1)
  t.is(await done, 1)
  t.false(done.cancel(new Error('too late')))
  t.is(await done, 1)
})

test('an aborted signal is a cancellation, before and after the submission', async (t) => {
  const pool = Pool.create()
  const before = pool.future(() => 1, { signal: AbortSignal.abort('before') })
  t.is(before.state, 'cancelled')
  t.is(await rejection(before.get()), 'before')
  const controller = new AbortController()
  const after = pool.future(never, { signal: controller.signal })
  controller.abort('after')
  t.is(after.state, 'cancelled')
  t.is(await rejection(after.get()), 'after')
})

test('get gives up after its timeout and leaves the task running; it may be called again', async (t) => {
  const pool = Pool.create({ name: 'patient' })
  const result = gate<string>()
  const future = pool.future(() => result.promise)
  const error = await rejection(future.get({ timeout: 1 }))
  t.true(ResultTimeoutError.is(error))
  t.true(error.retryable)
  t.is(error.code, 'ERR_POOL_RESULT_TIMEOUT')
  t.is(error.message, 'the result was not there after 1 ms; the task goes on (pool "patient")')
  t.is(future.state, 'running')
  const late = future.get({ timeout: 60_000 })
  result.open('there')
  t.is(await late, 'there')
  t.is(await future.get({ timeout: 1 }), 'there')
})

test('get gives up when its signal aborts, and leaves nothing on the signal', async (t) => {
  const pool = Pool.create()
  const result = gate<string>()
  const future = pool.future(() => result.promise)
  const controller = new AbortController()
  const given = future.get({ signal: controller.signal })
  controller.abort('enough')
  t.is(await rejection(given), 'enough')
  t.is(await rejection(future.get({ signal: controller.signal })), 'enough')
  t.is(future.state, 'running')
  result.open('there')
  t.is(await future.get({ signal: new AbortController().signal }), 'there')
  t.is((await rejection(future.get({ timeout: -1 }))).code, 'ERR_POOL_OPTION')
  t.is((await rejection(future.get({ signal: {} as never }))).code, 'ERR_POOL_OPTION')
})

test('setPriority moves a task that waits behind others of the new priority', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: string[] = []
  const submit = (name: string, priority: 'high' | 'normal' | 'low') =>
    pool.future(() => order.push(name), { priority })
  const low = submit('low', 'low')
  const normal = submit('normal', 'normal')
  const high = submit('high', 'high')
  const moved = submit('moved', 'low')
  t.true(moved.setPriority('high'))
  t.true(normal.setPriority('low'))
  await finish()
  await Promise.all([low, normal, high, moved])
  t.deepEqual(order, ['high', 'moved', 'low', 'normal'])
})

test('setPriority is for a task that waits only, and for a priority only', async (t) => {
  const pool = Pool.create({ size: 1 })
  const result = gate()
  const running = pool.future(() => result.promise)
  t.false(running.setPriority('high'))
  t.is(t.throws(() => running.setPriority('urgent' as never)).message.slice(0, 8), 'priority')
  result.open()
  await running
  t.false(running.setPriority('high'))
})

test('setPriority moves nothing into a background in which as many wait as may, nor out of one into a full queue', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1 })
  const occupied = occupy(pool, 1)
  const order: string[] = []
  const background = pool.future(() => order.push('background'), { priority: 'background' })
  const normal = pool.future(() => order.push('normal'))
  t.false(normal.setPriority('background'))
  t.false(background.setPriority('normal'))
  t.deepEqual([normal.state, background.state], ['waiting', 'waiting'])
  t.true(normal.setPriority('low'), 'it is still there')
  t.true(background.cancel())
  t.true(normal.setPriority('background'), 'there is room now')
  const next = pool.future(() => order.push('next'))
  await occupied.finish()
  await Promise.all([normal, next])
  t.deepEqual(order, ['next', 'normal'])
})

test('panicHandler is told the priority that the task was moved to, and the failure is handled', async (t) => {
  const told: number[] = []
  const pool = Pool.create({ size: 1, panicHandler: (_, { priority }) => void told.push(priority) })
  const { finish } = occupy(pool, 1)
  const future = pool.future(() => {
    throw new Error('failed')
  })
  future.setPriority(7)
  await finish()
  t.is((await rejection(future.get())).message, 'failed')
  t.deepEqual(told, [7])
})

test('id, waitMs and runMs are those of the task, and stand still when it has settled', async (t) => {
  const pool = Pool.create({ size: 1 })
  const first = gate()
  const running = pool.future(() => first.promise)
  const waiting = pool.future(() => delay(2))
  t.is(running.id, 1)
  t.is(waiting.id, 2)
  await delay(2)
  t.true(waiting.waitMs >= 1)
  t.is(waiting.runMs, 0)
  t.true(running.runMs >= 1)
  first.open()
  await waiting
  const { waitMs, runMs } = waiting
  t.true(waitMs >= 1 && runMs >= 1)
  await delay(2)
  t.deepEqual([waiting.waitMs, waiting.runMs], [waitMs, runMs])
})

test('a future waits while its worker gets its resource, and runs from the call of its function on', async (t) => {
  const made = gate<string>()
  const pool = Pool.create({ size: 1, init: () => made.promise })
  const result = gate()
  const future = pool.future(async ({ resource }) => {
    await result.promise
    return resource
  })
  await delay(2)
  t.deepEqual([future.state, future.runMs], ['waiting', 0])
  made.open('the resource')
  await until(() => future.state === 'running', 'it runs')
  t.true(future.waitMs >= 1)
  result.open()
  t.is(await future, 'the resource')
  await pool.close()
})

test('a future over a MultiPool is a task of the pool that takes it; a refusal is what all pools say', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1, maxBlockingTasks: 1 })
  const occupants = occupy(multi, 2)
  const order: string[] = []
  const submit = (name: string) => multi.future(() => order.push(name), { priority: 'low' })
  const [one, other, refused] = [submit('one'), submit('other'), submit('refused')]
  t.deepEqual([one.state, other.state, refused.state], ['waiting', 'waiting', 'refused'])
  t.is(refused.refusal?.code, 'ERR_POOL_OVERLOAD')
  t.is(multi.stats().rejected.overload, 1)
  t.true(one.setPriority('high'))
  await occupants.finish()
  await within(Promise.all([one, other]), 'both run')
})

test('ten thousand futures with one signal hold one listener on it', async (t) => {
  const pool = Pool.create({ size: 10 })
  const controller = new AbortController()
  let listeners = 0
  const { signal } = controller
  const add = signal.addEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  const futures = Array.from({ length: 10_000 }, () => pool.future(never, { signal }))
  t.is(listeners, 1)
  controller.abort('over')
  await within(Promise.allSettled(futures), 'all settle')
  t.true(futures.every(({ state }) => state === 'cancelled'))
})
