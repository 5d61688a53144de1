// Futures and groups (design/tasks.md) over thread pools.
import { getEventListeners } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { GroupTimeoutError, MultiPool, PoolClosedError, TaskTimeoutError, WorkerCrashedError } from 'workpool'

import { begun, cells, open } from '../support/cells.js'
import { threads } from '../support/threads.js'
import { rejection, until, within } from '../support/until.js'

const INSIDE = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'inside-tasks.mjs'))

test('a future of a call is waiting until a thread calls the function, then running, then fulfilled', async (t) => {
  const pool = threads(t, { size: 1 })
  await pool.ready()
  const array = cells()
  const running = pool.future([array, 'done'] as never, { name: 'gatedArray' as never })
  await rejection(running.get())
  t.is(running.state, 'rejected')
  const gated = pool.group()
  void gated.run(array, { name: 'gated' })
  const waiting = pool.future('echo', { name: 'echo' })
  await begun(array)
  t.is(waiting.state, 'waiting')
  t.true(waiting.setPriority('high'))
  t.false(running.setPriority('high'))
  open(array)
  t.is(await waiting, 'echo')
  t.is(waiting.state, 'fulfilled')
  t.true(waiting.waitMs > 0)
  await gated[Symbol.asyncDispose]()
})

test('running is what a thread has begun; cancel aborts it there, and its thread goes on if it heeds that', async (t) => {
  const pool = threads(t, { size: 1 })
  const array = cells()
  const future = pool.future(array, { name: 'heeds' })
  t.is(future.state, 'waiting')
  await begun(array)
  t.is(future.state, 'running')
  t.true(future.runMs >= 0)
  t.true(future.cancel('enough'))
  t.is(future.state, 'cancelled')
  t.is(await rejection(future.get()), 'enough')
  t.false(future.cancel())
  t.is(await pool.run(1), 1)
})

test('futures of calls that end in other ways: timed out, crashed, refused', async (t) => {
  const pool = threads(t, { size: 1, grace: 10 })
  const timedOut = pool.future(cells(), { name: 'pending', timeout: 20 })
  t.true(TaskTimeoutError.is(await rejection(timedOut.get())))
  t.is(timedOut.state, 'timed-out')
  t.true(timedOut.runMs >= 20)
  const crashed = pool.future(3, { name: 'exit' })
  t.true(WorkerCrashedError.is(await rejection(crashed.get())))
  t.is(crashed.state, 'rejected')
  const hasty = threads(t, { size: 1, nonblocking: true })
  await hasty.ready()
  const array = cells()
  const first = hasty.future(array, { name: 'gated' })
  t.deepEqual(hasty.future(1).refusal?.reason, 'overload')
  await begun(array)
  open(array)
  await first
  const uncloneable = hasty.future(() => {})
  t.is(uncloneable.state, 'rejected')
  t.is((await rejection(uncloneable.get())).name, 'DataCloneError')
})

test('setPriority moves a call that waits for a thread', async (t) => {
  const pool = threads(t, { size: 1 })
  const array = cells()
  const first = pool.run(array, { name: 'gatedAsync' })
  await begun(array)
  const order: unknown[] = []
  const futures = [1, 2, 3].map((value) => pool.future(value, { name: 'echo' }))
  t.true(futures[2]!.setPriority(0))
  for (const future of futures) void future.then((value) => order.push(value))
  open(array)
  await Promise.all([first, ...futures])
  t.deepEqual(order, [3, 1, 2])
})

test('a group of calls keeps its limit, its order and its tags', async (t) => {
  const pool = threads(t, { size: 3 })
  await using group = pool.group<number>({ limit: 1 })
  for (const value of [3, 1, 2]) group.run(value, { name: 'echo', tag: `echo ${value}` })
  t.deepEqual(await group.join(), [3, 1, 2])
  t.like(group.results.get('echo 1'), { status: 'fulfilled', value: 1 })
})

test('the first failure of a group of calls aborts the others in their threads', async (t) => {
  const pool = threads(t, { size: 2, grace: 10_000 })
  const array = cells()
  await using group = pool.group()
  group.run(array, { name: 'heeds' })
  await begun(array)
  const failing = group.run(1, { name: 'missing' })
  const error = await rejection(group.join())
  t.is(error, await rejection(failing))
  await within(group[Symbol.asyncDispose](), 'the block ends')
  t.is(Atomics.load(array, 1), 1)
})

test.serial('what a freed thread has begun before the abort of a failing group counts as running', async (t) => {
  const flags = new Int32Array(new SharedArrayBuffer(32))
  const pool = threads(t, { filename: INSIDE, workerData: flags, size: 1, grace: 10_000 })
  await pool.ready()
  await using group = pool.group()
  group.run('the first', { name: 'fails' })
  group.run(undefined, { name: 'reason' })
  group.run('the third')
  // The thread takes the second one while this isolate cannot hear of the failure.
  t.is(Atomics.wait(flags, 0, 0, 10_000), 'ok')
  const error = await rejection(group.join())
  t.is(error.message, 'the first')
  const [, second, third] = [...group.results.values()].map((outcome) => outcome as { reason: unknown; runMs: number })
  t.deepEqual([second!.reason, third!.reason], [error, error])
  t.true(second!.runMs > 0, 'it has run')
  t.is(third!.runMs, 0, 'it has not')
  await within(group[Symbol.asyncDispose](), 'the block ends')
  t.not(Atomics.load(flags, 1), 0, 'the block has waited for what had begun')
  t.like(pool.stats(), { failed: 1, cancelled: 2, busy: 0 })
})

test('a function that does not heed holds the end of the block until its thread has been ended and replaced', async (t) => {
  const pool = threads(t, { size: 1, grace: 20 })
  await pool.ready()
  const array = cells()
  {
    await using group = pool.group({ mode: 'allSettled', timeout: 300 })
    group.run(array, { name: 'spin' })
    await begun(array)
    const [outcome] = await group.join()
    t.true(GroupTimeoutError.is((outcome as { reason?: unknown }).reason))
  }
  t.is(pool.stats().workers.crashed, 1)
  t.is(await pool.run('again'), 'again')
})

test('taskTimeout is the timeout of each call of a group that has none of its own', async (t) => {
  const pool = threads(t, { size: 2, grace: 10_000 })
  const array = cells()
  await using group = pool.group({ mode: 'allSettled', taskTimeout: 20 })
  group.run(array, { name: 'heeds' })
  group.run(array, { name: 'echo', timeout: 60_000, tag: 'own' })
  const [late, own] = await group.join()
  t.true(TaskTimeoutError.is((late as { reason?: unknown }).reason))
  t.like(own, { tag: 'own', status: 'fulfilled' })
})

test.serial(
  'ten thousand calls of a group hold one listener on its signal, and none once they have settled',
  async (t) => {
    const pool = threads(t, { size: 1 })
    const controller = new AbortController()
    const listeners = (): number => getEventListeners(controller.signal, 'abort').length
    await using group = pool.group({ signal: controller.signal })
    for (let i = 0; i < 10_000; i++) group.run(i)
    t.is(listeners(), 1)
    t.is((await group.join()).length, 10_000)
    t.is(listeners(), 0)
    pool.pause()
    await using aborted = pool.group({ signal: controller.signal })
    for (let i = 0; i < 10_000; i++) aborted.run(i)
    t.is(listeners(), 1)
    controller.abort('over')
    t.is(await aborted.join().catch((reason: unknown) => reason), 'over')
    t.is(aborted.results.size, 10_000)
    t.is(listeners(), 0)
  },
)

test('a group of calls whose pool is destroyed ends: its tasks reject, and its block is over', async (t) => {
  const pool = threads(t, { size: 1 })
  await pool.ready()
  const array = cells()
  const block = (async () => {
    await using group = pool.group({ mode: 'allSettled' })
    for (let i = 0; i < 3; i++) group.run(array, { name: 'gated' })
    await begun(array)
    await pool.destroy()
    return group.join()
  })()
  const outcomes = await within(block, 'the block ends')
  t.is(outcomes.length, 3)
  for (const outcome of outcomes) t.true(outcome.status === 'rejected' && PoolClosedError.is(outcome.reason))
})

test('a shared pool: a future and a limited group of a handle', async (t) => {
  const pool = threads(t, { size: 2, shared: true, name: `shared-group-${process.pid}` })
  await using group = pool.group<number>({ limit: 1 })
  for (let value = 0; value < 4; value++) group.run(value)
  t.deepEqual(await group.join(), [0, 1, 2, 3])
  t.is(await pool.future(5), 5)
})

test('a MultiPool of threads has future and group, and a limited group stays in one pool', async (t) => {
  const pools = [threads(t, { size: 1 }), threads(t, { size: 1 })]
  const multi = MultiPool.of(pools)
  t.is(await multi.future('echo', { name: 'echo' }), 'echo')
  const before = pools.map((pool) => pool.stats().submitted)
  await using group = multi.group({ limit: 1 })
  for (let i = 0; i < 4; i++) group.run(i)
  t.deepEqual(await group.join(), [0, 1, 2, 3])
  const took = pools.map((pool, index) => pool.stats().submitted - before[index]!)
  t.deepEqual([...took].sort(), [0, 4])
  t.is((await rejection((group as any).submit(() => 1))).code, 'ERR_POOL_OPTION')
  await until(() => multi.busy === 0, 'all threads are idle')
})
