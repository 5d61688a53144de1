// `submitAll`: several tasks that are accepted all together or refused all together, and whose first failure ends the rest.
import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { MultiPool, Pool, PoolClosedError, PoolOverloadError, TaskTimeoutError, WaitTimeoutError } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { gate, occupy } from '../support/gate.js'
import { Remote } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

const never = (): Promise<never> => new Promise(() => {})

test('results come in the order of the tasks, whatever the order of their ends', async (t) => {
  const pool = Pool.create({ size: 2 })
  const first = gate<string>()
  const all = pool.submitAll([() => first.promise, () => 'second', async () => 'third', () => undefined])
  await turn()
  first.open('first')
  t.deepEqual(await all, ['first', 'second', 'third', undefined])
  t.deepEqual(contradictions(pool.stats()), [])
  t.is(pool.stats().completed, 4)
})

test('any iterable will do, and none of it gives an empty array', async (t) => {
  const pool = Pool.create({ size: 1 })
  const tasks = function* () {
    for (let i = 0; i < 3; i++) yield () => i
  }
  t.deepEqual(await pool.submitAll(tasks()), [0, 1, 2])
  t.deepEqual(await pool.submitAll(new Set([() => 'set'])), ['set'])
  t.deepEqual(await pool.submitAll([]), [])
  pool.release()
  t.deepEqual(await pool.submitAll([]), [], 'also of a closed pool')
})

test('all are accepted before the first one is called', async (t) => {
  const pool = Pool.create({ size: 2, maxBlockingTasks: 1_998 })
  const seen: number[] = []
  const tasks = Array.from({ length: 2_000 }, () => () => void seen.push(pool.stats().submitted))
  await pool.submitAll(tasks)
  t.deepEqual(new Set(seen), new Set([2_000]))
})

test('a pool without room for all refuses all', async (t) => {
  const pool = Pool.create({ size: 2, maxBlockingTasks: 3 })
  const occupants = occupy(pool, 1)
  let called = 0
  const tasks = (count: number) => Array.from({ length: count }, () => () => ++called)
  const error = await rejection(pool.submitAll(tasks(5)))
  t.true(error instanceof PoolOverloadError)
  t.deepEqual([(error as PoolOverloadError).waiting, (error as PoolOverloadError).capacity], [0, 2])
  t.deepEqual([called, pool.waiting, pool.busy, pool.stats().rejected.overload], [0, 0, 1, 1])
  t.deepEqual(await pool.submitAll(tasks(4)), [1, 2, 3, 4])
  await occupants.finish()
})

test('a nonblocking pool needs a worker for each task', async (t) => {
  const pool = Pool.create({ size: 3, nonblocking: true })
  t.true((await rejection(pool.submitAll([never, never, never, never]))) instanceof PoolOverloadError)
  t.deepEqual(await pool.submitAll([() => 1, () => 2, () => 3]), [1, 2, 3])
})

test('with a waitTimeout of 0 none waits, and all end if one would have to', async (t) => {
  const pool = Pool.create({ size: 2 })
  const options = { waitTimeout: 0 }
  t.true((await rejection(pool.submitAll([never, never, never], options))) instanceof WaitTimeoutError)
  t.deepEqual([pool.busy, pool.stats().rejected.waitTimeout], [0, 3])
  t.deepEqual(await pool.submitAll([() => 1, () => 2], options), [1, 2])
  t.deepEqual(contradictions(pool.stats()), [])
})

test('a closed pool refuses all', async (t) => {
  const pool = Pool.create()
  pool.release()
  t.true((await rejection(pool.submitAll([() => 1]))) instanceof PoolClosedError)
})

test('the first failure rejects at once: what waits never runs, and what runs sees its signal abort', async (t) => {
  const pool = Pool.create({ size: 2 })
  const failing = gate()
  const signals: AbortSignal[] = []
  let ran = false
  const all = pool.submitAll([
    ({ signal }) => {
      signals.push(signal)
      return never()
    },
    () => failing.promise,
    () => (ran = true),
  ])
  failing.fail(new Error('first'))
  const error = await rejection(all)
  t.is((error as Error).message, 'first')
  t.true(signals[0]!.aborted)
  t.is(signals[0]!.reason, error)
  await until(() => pool.waiting === 0 && pool.busy === 1, 'only the one that does not heed is left')
  t.false(ran)
  const { failed, cancelled } = pool.stats()
  t.deepEqual([failed, cancelled], [1, 2])
})

test('a task that throws while others are still to be started ends them before', async (t) => {
  const pool = Pool.create({ size: 3 })
  let ran = false
  const throwing = () => {
    throw new Error('at once')
  }
  t.is(
    ((await rejection(pool.submitAll([throwing, () => (ran = true), () => (ran = true)]))) as Error).message,
    'at once',
  )
  t.false(ran)
  t.deepEqual([pool.busy, pool.waiting], [0, 0])
  t.deepEqual(contradictions(pool.stats()), [])
})

test('further failures, and those of aborted tasks, are nobody’s unhandled rejections', async (t) => {
  const seen: unknown[] = []
  const note = (error: unknown): void => void seen.push(error)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  const pool = Pool.create({ size: 3 })
  const late = gate()
  const all = pool.submitAll([() => Promise.reject(1), () => Promise.reject(2), () => late.promise])
  t.is(await rejection(all), 1)
  late.fail(3)
  for (let i = 0; i < 3; i++) await turn()
  t.deepEqual(seen, [])
  t.is(pool.busy, 0)
})

test('the signal ends all of them, and has one listener', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  let called = 0
  const tasks = [() => ++called && never(), () => ++called]
  const all = pool.submitAll(tasks, { signal: controller.signal })
  t.is(getEventListeners(controller.signal, 'abort').length, 1)
  controller.abort('enough')
  t.is(await rejection(all), 'enough')
  t.deepEqual([called, pool.waiting, getEventListeners(controller.signal, 'abort').length], [1, 0, 0])
  t.is(
    await rejection(pool.submitAll(tasks, { signal: controller.signal })),
    'enough',
    'also one that has aborted before',
  )
  t.is(called, 1)
  const other = new AbortController()
  await Pool.create().submitAll([() => 1], { signal: other.signal })
  t.is(getEventListeners(other.signal, 'abort').length, 0, 'nor does an end leave one')
  t.true((await rejection(pool.submitAll([() => 1], { signal: controller.signal }))) === 'enough')
})

test('priority, timeout and panicHandler hold for each task', async (t) => {
  const order: string[] = []
  const told: unknown[] = []
  const pool = Pool.create({
    size: 1,
    panicHandler: (error, { name, priority }) => void told.push([error, name, priority]),
  })
  const occupants = occupy(pool, 1)
  const low = pool.submitAll([() => order.push('low')], { priority: 'low' })
  const high = pool.submitAll([() => order.push('high'), () => order.push('high')], { priority: 'high' })
  await occupants.finish()
  await Promise.all([low, high])
  t.deepEqual(order, ['high', 'high', 'low'])
  t.true((await rejection(pool.submitAll([never], { timeout: 5 }))) instanceof TaskTimeoutError)
  const other = Pool.create({ panicHandler: (error, { name, priority }) => void told.push([error, name, priority]) })
  async function broken() {
    throw 'broken'
  }
  t.is(await rejection(other.submitAll([broken], { priority: 7 })), 'broken')
  t.deepEqual(told, [['broken', 'broken', 7]])
})

test('a release rejects with PoolClosedError, and what runs goes on to its end', async (t) => {
  const pool = Pool.create({ size: 1 })
  const running = gate()
  const all = pool.submitAll([() => running.promise, () => 2, () => 3])
  pool.release()
  t.true((await rejection(all)) instanceof PoolClosedError)
  running.open()
  await until(() => pool.running === 0, 'the pool is empty')
  t.deepEqual(contradictions(pool.stats()), [])
})

test('bad input is told at once, by its place, and nothing is submitted', async (t) => {
  const pool = Pool.create()
  const bad = async (tasks: any, options?: any) =>
    (await rejection(pool.submitAll(tasks, options))) as NodeJS.ErrnoException
  for (const [tasks, message] of [
    [[() => 1, 5], /tasks\[1\] must be a function/],
    // oxlint-disable-next-line no-sparse-arrays -- a hole is no function either
    [[() => 1, , () => 1], /tasks\[1\] must be a function, not undefined/],
    [undefined, /tasks must be an iterable of functions/],
    ['text', /tasks must be an iterable of functions/],
    [{ length: 1 }, /tasks must be an iterable of functions/],
  ] as const) {
    const error = await bad(tasks)
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, message)
  }
  t.is((await bad([() => 1], { prioriti: 1 })).code, 'ERR_POOL_OPTION')
  const thrown = new Error('of the iterator')
  const broken = function* () {
    yield () => 1
    throw thrown
  }
  t.is(await bad(broken()), thrown as any)
  t.is(pool.stats().submitted, 0)
})

test('tasks run in the async context of the call, whether they have waited or not', async (t) => {
  const store = new AsyncLocalStorage<string>()
  const pool = Pool.create({ size: 2 })
  const occupants = occupy(pool, 1)
  const tasks = Array.from({ length: 4 }, () => async () => store.getStore())
  const one = store.run('one', () => pool.submitAll(tasks))
  const other = store.run('other', () => pool.submitAll(tasks))
  await occupants.finish()
  t.deepEqual(
    await one,
    Array.from({ length: 4 }, () => 'one'),
  )
  t.deepEqual(
    await other,
    Array.from({ length: 4 }, () => 'other'),
  )
})

test('with resources each task waits for a worker that holds one', async (t) => {
  let made = 0
  const pool = Pool.create({ size: 2, init: async () => ++made })
  const seen = await pool.submitAll(
    Array.from(
      { length: 5 },
      () =>
        ({ resource }: { resource: number }) =>
          resource,
    ),
  )
  t.deepEqual([seen.length, made, new Set(seen).size <= 2], [5, 2, true])
  await pool.close()
})

test('a batch of a closure that fails to get its resource fails', async (t) => {
  const pool = Pool.create({ size: 1, init: () => Promise.reject(new Error('no resource')) })
  let ran = false
  t.is(((await rejection(pool.submitAll([() => (ran = true), () => (ran = true)]))) as Error).message, 'no resource')
  t.false(ran)
  await until(() => pool.waiting === 0, 'nothing waits')
})

test('of a closure in a batch that submits a batch, both end', async (t) => {
  const pool = Pool.create({ size: 2 })
  const inner = () => pool.submitAll([() => 1, () => 2])
  t.deepEqual(await pool.submitAll([() => inner(), () => 3]), [[1, 2], 3])
})

test('very many tasks start and end in order, and nothing of them is kept', async (t) => {
  const pool = Pool.create({ size: 10 })
  const count = 100_000
  let next = 0
  let isOrdered = true
  const tasks = Array.from({ length: count }, (_, i) => async () => {
    isOrdered &&= i === next++
    return i
  })
  const results = await pool.submitAll(tasks)
  t.true(isOrdered)
  t.is(results.length, count)
  t.true(results.every((result, i) => result === i))
  t.deepEqual(contradictions(pool.stats()), [])
})

test('the abort of very many waiting tasks leaves none', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  let ran = 0
  const tasks = Array.from({ length: 50_000 }, () => () => ++ran && never())
  const all = pool.submitAll(tasks, { signal: controller.signal })
  controller.abort()
  await rejection(all)
  await until(() => pool.waiting === 0, 'nothing waits')
  t.is(ran, 1)
  t.is(pool.stats().cancelled, 50_000)
})

// ── several pools ───────────────────────────────────────────────────────────────────────────────────────────────────────

test('several pools take a batch as they would take its tasks one by one', async (t) => {
  const pools = [2, 2, 2].map((size) => Pool.create({ size }))
  const multi = MultiPool.of(pools)
  const hold = gate()
  const all = multi.submitAll(Array.from({ length: 8 }, (_, i) => () => hold.promise.then(() => i)))
  t.deepEqual(
    pools.map((pool) => [pool.busy, pool.waiting]),
    [
      [2, 1],
      [2, 1],
      [2, 0],
    ],
  )
  hold.open()
  t.deepEqual(await all, [0, 1, 2, 3, 4, 5, 6, 7])
})

test('several pools that cannot take all take none, and count one refusal', async (t) => {
  const pools = [1, 2].map((size) => Pool.create({ size, maxBlockingTasks: 1 }))
  const multi = MultiPool.of(pools, { strategy: 'least-tasks' })
  let called = 0
  const tasks = (count: number) => Array.from({ length: count }, () => () => ++called)
  t.true((await rejection(multi.submitAll(tasks(6)))) instanceof PoolOverloadError)
  t.deepEqual([called, multi.busy, multi.waiting, multi.stats().rejected.overload], [0, 0, 0, 1])
  t.is((await multi.submitAll(tasks(5))).length, 5)
  const failing = new Error('of the strategy')
  multi.setStrategy(() => {
    throw failing
  })
  t.is(await rejection(multi.submitAll(tasks(2))), failing)
  t.deepEqual([multi.busy, multi.waiting, called], [0, 0, 5])
})

test('a failure in one pool aborts the tasks in the others', async (t) => {
  const multi = MultiPool.of([Pool.create({ size: 1 }), Pool.create({ size: 1 })])
  let aborted = 0
  const listening = ({ signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(void aborted++))
    })
  const all = multi.submitAll([listening, async () => Promise.reject('fails'), () => 1, () => 1])
  t.is(await rejection(all), 'fails')
  await until(() => multi.busy === 0 && multi.waiting === 0, 'all have ended')
  t.is(aborted, 1)
})

// ── shared pools ────────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('two isolates that hand in batches share the places of their pool', async (t) => {
  const name = 'submit-all shared'
  const pool = Pool.create({ name, shared: true, size: 4, maxBlockingTasks: 6_000 })
  const [remote] = await Remote.starting(1)
  const theirs = remote!.run(async ({ Pool, turn }, name) => {
    const pool = Pool.create({ name, shared: true })
    let done = 0
    let refused = 0
    for (let round = 0; round < 30; round++) {
      const tasks = Array.from({ length: 3_000 }, (_, i) => async () => i)
      await pool.submitAll(tasks).then(
        (results) => (done += results.length),
        () => refused++,
      )
      await turn()
    }
    await pool.close({})
    return [done, refused]
  }, name)
  let done = 0
  let refused = 0
  for (let round = 0; round < 30; round++) {
    const tasks = Array.from({ length: 4_000 }, (_, i) => async () => i)
    await pool.submitAll(tasks).then(
      (results) => (done += results.length),
      (error) => {
        // The close of the other handle ends the pool for both.
        t.true(error instanceof PoolOverloadError || error instanceof PoolClosedError)
        refused++
      },
    )
    await turn()
  }
  const [others] = (await theirs) as [number, number]
  const stats = pool.stats()
  t.is(stats.completed, done + others, 'whole or not at all')
  t.deepEqual(contradictions(stats), [])
  await pool.close()
  t.log(`${done} + ${others} tasks, ${refused} refusals here`)
})
