// Groups (design/tasks.md): a scope that its tasks cannot outlive, over pools of closures.
import { setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import {
  GroupTimeoutError,
  MultiPool,
  Pool,
  PoolClosedError,
  PoolError,
  PoolOverloadError,
  TaskTimeoutError,
} from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection, until, within } from '../support/until.js'

/** Settles when its signal aborts. */
const heeds = ({ signal }: { signal: AbortSignal }): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('all gives the results in the order of submission', async (t) => {
  const pool = Pool.create({ size: 2 })
  await using group = pool.group<number>()
  const gates = [gate<number>(), gate<number>(), gate<number>()]
  for (const { promise } of gates) group.submit(() => promise)
  const joined = group.join()
  gates[1]!.open(1)
  gates[0]!.open(0)
  gates[2]!.open(2)
  t.deepEqual(await joined, [0, 1, 2])
})

test('all: the first failure aborts the others, and join rejects with it when all have settled', async (t) => {
  const pool = Pool.create({ size: 3 })
  await using group = pool.group()
  const failing = gate()
  const reasons: unknown[] = []
  group.submit(() => failing.promise)
  const heeding = group.submit(({ signal }) => heeds({ signal }).catch((reason) => reasons.push(reason)))
  group.submit(heeds)
  let hasRun = false
  const waiting = group.submit(() => {
    hasRun = true
  })
  const error = new Error('the first')
  failing.fail(error)
  t.is(await rejection(group.join()), error)
  t.is(await rejection(heeding), error)
  t.is(await rejection(waiting), error)
  t.deepEqual(reasons, [error])
  t.false(hasRun)
  t.is(group.signal.reason, error)
  t.true(PoolClosedError.is(await rejection(group.submit(() => 1))))
})

test('any gives the first success and aborts the others', async (t) => {
  const pool = Pool.create()
  await using group = pool.group<string>({ mode: 'any' })
  group.submit(() => Promise.reject(new Error('failed')))
  const slow = group.submit(heeds)
  group.submit(() => 'first')
  t.is(await group.join(), 'first')
  t.is((await rejection(slow)).name, 'AbortError')
})

test('any: an AggregateError if all tasks fail, or if there is none', async (t) => {
  const pool = Pool.create()
  await using failing = pool.group({ mode: 'any' })
  const errors = [new Error('one'), new Error('two')]
  for (const error of errors) failing.submit(() => Promise.reject(error))
  const error = await rejection(failing.join())
  t.true(error instanceof AggregateError)
  t.deepEqual(error.errors, errors)
  await using empty = pool.group({ mode: 'any' })
  const none = await rejection(empty.join())
  t.true(none instanceof AggregateError)
  t.deepEqual(none.errors, [])
})

test('allSettled gives the outcome of each task, and aborts none for another', async (t) => {
  const pool = Pool.create()
  await using group = pool.group<number>({ mode: 'allSettled' })
  const error = new Error('failed')
  group.submit(() => Promise.reject(error), { tag: 'bad' })
  group.submit(() => delay(2, 2))
  const [bad, good] = await group.join()
  const { waitMs, runMs, ...rest } = bad!
  t.deepEqual(rest, { tag: 'bad', status: 'rejected', reason: error })
  t.true(waitMs >= 0 && runMs >= 0)
  t.like(good, { tag: 1, status: 'fulfilled', value: 2 })
  t.true(good!.runMs >= 1)
})

test('a group without tasks joins at once', async (t) => {
  const pool = Pool.create()
  await using all = pool.group()
  t.deepEqual(await all.join(), [])
  await using settled = pool.group({ mode: 'allSettled' })
  t.deepEqual(await settled.join(), [])
})

test('limit: so many tasks of the group run at once, others pass, and the pool is left alone', async (t) => {
  const pool = Pool.create({ size: 10 })
  let running = 0
  let most = 0
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running--
  }
  await using group = pool.group({ limit: 3 })
  for (let i = 0; i < 50; i++) group.submit(work)
  t.is(pool.busy, 3)
  t.is(pool.waiting, 47)
  t.is(await pool.submit(() => 'passes'), 'passes')
  await group.join()
  t.is(most, 3)
})

test('the tasks of a limited group stand in the queue as tasks without a key do, and take no key', async (t) => {
  const pool = Pool.create({ size: 1, perKey: 1 })
  const { finish } = occupy(pool, 1)
  const order: string[] = []
  await using group = pool.group({ limit: 1 })
  const note = (name: string) => () => void order.push(name)
  group.submit(note('group 1'))
  const plain = pool.submit(note('plain'))
  group.submit(note('group 2'))
  const keyed = pool.submit(note('keyed'), { key: 'a' })
  await finish()
  await Promise.all([plain, keyed])
  t.deepEqual(order, ['group 1', 'plain', 'group 2', 'keyed'])
  t.is((await rejection(group.submit(note('no'), { key: 'a' }))).code, 'ERR_POOL_OPTION')
  t.is((await rejection(group.join())).code, 'ERR_POOL_OPTION')
})

test('a key of a task of a group without a limit is as any key', async (t) => {
  const pool = Pool.create({ size: 4, perKey: 1 })
  await using group = pool.group()
  const first = gate()
  group.submit(() => first.promise, { key: 'a' })
  group.submit(() => 1, { key: 'a' })
  t.is(pool.waiting, 1)
  first.open()
  await group.join()
})

test('timeout is for the whole group, from its creation: what is open is aborted, and join rejects', async (t) => {
  const pool = Pool.create({ size: 2, name: 'timely' })
  await using group = pool.group({ timeout: 10 })
  group.submit(() => 'done', { tag: 'done' })
  const open = group.submit(heeds, { tag: 'open' })
  const error = await rejection(group.join())
  t.true(GroupTimeoutError.is(error))
  t.true(error.retryable)
  t.is(error.code, 'ERR_POOL_GROUP_TIMEOUT')
  t.is(error.message, 'the group took longer than its timeout of 10 ms (pool "timely")')
  t.is(await rejection(open), error)
  t.is(group.signal.reason, error)
  t.like(group.results.get('done'), { status: 'fulfilled', value: 'done' })
  t.like(group.results.get('open'), { status: 'rejected', reason: error })
})

test('timeout of allSettled: join resolves, with the open tasks among the rejected', async (t) => {
  const pool = Pool.create()
  await using group = pool.group({ mode: 'allSettled', timeout: 5 })
  group.submit(() => 1)
  group.submit(heeds)
  const [done, open] = await group.join()
  t.is(done!.status, 'fulfilled')
  t.true(GroupTimeoutError.is((open as { reason?: unknown }).reason))
})

test('timeout of any rejects with the GroupTimeoutError', async (t) => {
  const pool = Pool.create()
  await using group = pool.group({ mode: 'any', timeout: 5 })
  group.submit(() => Promise.reject(new Error('failed')))
  group.submit(heeds)
  t.true(GroupTimeoutError.is(await rejection(group.join())))
})

test('a task that is submitted after the time of the group is aborted at once', async (t) => {
  const pool = Pool.create()
  await using group = pool.group({ timeout: 1 })
  await delay(3)
  let hasRun = false
  const late = group.submit(() => {
    hasRun = true
  })
  t.true(GroupTimeoutError.is(await rejection(late)))
  t.false(hasRun)
  t.true(GroupTimeoutError.is(await rejection(group.join())))
})

test('taskTimeout is the timeout of each task that has none of its own', async (t) => {
  const pool = Pool.create()
  await using group = pool.group({ mode: 'allSettled', taskTimeout: 2 })
  group.submit(heeds)
  const own = gate()
  group.submit(() => own.promise, { timeout: 60_000 })
  t.true(TaskTimeoutError.is(await rejection(group.submit(heeds))))
  own.open()
  const [timedOut, done] = await group.join()
  t.true(TaskTimeoutError.is((timedOut as { reason?: unknown }).reason))
  t.is(done!.status, 'fulfilled')
})

test('results fills while tasks end, by tag or by index', async (t) => {
  const pool = Pool.create({ size: 2 })
  await using group = pool.group()
  const first = gate<string>()
  const tag = { any: 'value' }
  group.submit(() => first.promise, { tag })
  const second = group.submit(() => 2)
  await second
  t.deepEqual([...group.results.keys()], [1])
  first.open('one')
  await group.join()
  t.deepEqual([...group.results.keys()], [1, tag])
  t.like(group.results.get(tag), { tag, value: 'one' })
})

test('a double tag is an ERR_POOL_OPTION, also one that is the index of another task', async (t) => {
  const pool = Pool.create()
  for (const [one, other] of [
    ['a', 'a'],
    [1, undefined],
    [undefined, 0],
  ]) {
    await using group = pool.group({ mode: 'allSettled' })
    group.submit(() => 1, { tag: one })
    t.is((await rejection(group.submit(() => 2, { tag: other }))).code, 'ERR_POOL_OPTION')
    t.is(group.results.get(one ?? 0)!.status, 'fulfilled')
    t.is((await group.join()).length, 2)
  }
  await using group = pool.group()
  t.is((await rejection(group.submit(() => 2, { tag: null }))).code, 'ERR_POOL_OPTION')
  await rejection(group.join())
})

test('abort rejects what is open and what comes later with the reason', async (t) => {
  const pool = Pool.create({ size: 1 })
  await using group = pool.group()
  const running = group.submit(heeds)
  const waiting = group.submit(() => 1)
  const reason = new Error('enough')
  group.abort(reason)
  group.abort('once only')
  for (const promise of [running, waiting, group.submit(() => 2), group.join()]) t.is(await rejection(promise), reason)
  t.is(group.signal.reason, reason)
  await using other = pool.group()
  other.submit(heeds)
  other.abort()
  t.is((await rejection(other.join())).name, 'AbortError')
})

test('the signal of a group aborts its children; what aborts a group from outside aborts all of it', async (t) => {
  const pool = Pool.create()
  const controller = new AbortController()
  await using parent = pool.group({ signal: controller.signal })
  await using child = pool.group({ signal: parent.signal })
  await using grandchild = pool.group({ signal: child.signal })
  const task = grandchild.submit(heeds)
  controller.abort('all of it')
  t.is(await rejection(task), 'all of it')
  t.is(await rejection(grandchild.join()), 'all of it')
  t.is(grandchild.signal.reason, 'all of it')
  t.is(await rejection(parent.submit(() => 1)), 'all of it')
  t.is(await rejection(parent.join()), 'all of it')
})

test('the signal of a task of the group aborts that task alone', async (t) => {
  const pool = Pool.create()
  const controller = new AbortController()
  await using group = pool.group({ mode: 'allSettled' })
  group.submit(heeds, { signal: controller.signal })
  group.submit(() => 1)
  controller.abort('one')
  const [one, other] = await group.join()
  t.like(one, { status: 'rejected', reason: 'one' })
  t.is(other!.status, 'fulfilled')
  await using aborted = pool.group()
  const task = aborted.submit(heeds, { signal: new AbortController().signal })
  aborted.abort('both')
  t.is(await rejection(task), 'both')
})

test('the end of the block aborts what has not settled, and waits until every function has ended', async (t) => {
  const pool = Pool.create()
  const stubborn = gate()
  let hasEnded = false
  let reason: unknown
  const block = (async () => {
    await using group = pool.group()
    group.submit(async ({ signal }) => {
      signal.addEventListener('abort', () => (reason = signal.reason))
      await stubborn.promise
      hasEnded = true
    })
  })()
  let isOver = false
  void block.then(() => (isOver = true))
  await delay(5)
  t.is((reason as Error).name, 'AbortError')
  t.false(isOver)
  stubborn.open()
  await within(block, 'the block ends')
  t.true(hasEnded)
})

test('the end of the block waits beyond the timeout of the group, and beyond that of a task', async (t) => {
  const pool = Pool.create()
  const stubborn = gate()
  let ended = 0
  const block = (async () => {
    await using group = pool.group({ mode: 'allSettled', timeout: 4, taskTimeout: 2 })
    for (let i = 0; i < 3; i++)
      group.submit(() => stubborn.promise.then(() => ended++), i === 0 ? { timeout: 1_000 } : {})
    const outcomes = await group.join()
    t.true(outcomes.every(({ status }) => status === 'rejected'))
    t.is(ended, 0)
    setTimeout(() => stubborn.open(), 5)
  })()
  await within(block, 'the block ends')
  t.is(ended, 3)
})

test('a failure without join is thrown at the end of the block; with join it is told once', async (t) => {
  const pool = Pool.create()
  const error = new Error('not joined')
  const block = async (joins: boolean, mode: 'all' | 'any' | 'allSettled'): Promise<void> => {
    await using group = pool.group({ mode } as { mode: 'all' })
    await rejection(group.submit(() => Promise.reject(error)))
    if (joins) await group.join().catch(() => {})
  }
  t.is(await rejection(block(false, 'all')), error)
  t.deepEqual((await rejection(block(false, 'any'))).errors, [error])
  await block(false, 'allSettled')
  await block(true, 'all')
  await block(true, 'any')
})

test('what abort has aborted is no failure at the end of the block, and an outer signal is one', async (t) => {
  const pool = Pool.create()
  {
    await using group = pool.group()
    group.submit(heeds)
    group.abort(new Error('wanted'))
  }
  const controller = new AbortController()
  const block = (async () => {
    await using group = pool.group({ signal: controller.signal })
    group.submit(heeds)
    controller.abort('outer')
  })()
  t.is(await rejection(block), 'outer')
})

test('promises of submit are never unhandled rejections', async (t) => {
  const pool = Pool.create({ size: 1 })
  const unhandled: unknown[] = []
  const note = (error: unknown): number => unhandled.push(error)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  {
    await using group = pool.group({ mode: 'allSettled' })
    group.submit(() => Promise.reject(new Error('one')))
    group.submit(() => {
      throw new Error('other')
    })
    group.submit('no function' as never)
    await group.join()
    group.submit(() => 'too late')
  }
  await delay(5)
  t.deepEqual(unhandled, [])
})

test('a submit is allowed until join was called and the last task has ended; then it is a PoolClosedError', async (t) => {
  const pool = Pool.create()
  await using group = pool.group<number>()
  const first = gate()
  group.submit(async () => {
    await first.promise
    group.submit(() => 2)
    return 1
  })
  const joined = group.join()
  group.submit(() => 3)
  first.open()
  t.deepEqual(await joined, [1, 3, 2])
  const error = await rejection(group.submit(() => 4))
  t.true(PoolClosedError.is(error))
  t.true(error.message.startsWith('the group has ended'))
  t.deepEqual(await group.join(), [1, 3, 2])
})

test('a submit is allowed while a function that has timed out goes on, and not after the block', async (t) => {
  const pool = Pool.create()
  const stubborn = gate()
  const group = pool.group({ mode: 'allSettled', taskTimeout: 1 })
  group.submit(() => stubborn.promise)
  await group.join()
  t.is(await group.submit(() => 'while it goes on'), 'while it goes on')
  stubborn.open()
  await group[Symbol.asyncDispose]()
  t.true(PoolClosedError.is(await rejection(group.submit(() => 1))))
})

test('a refusal is a failure of the task', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const { finish } = occupy(pool, 1)
  await using group = pool.group()
  group.submit(() => 1)
  t.true(PoolOverloadError.is(await rejection(group.join())))
  await finish()
  await using limited = pool.group({ limit: 1, mode: 'allSettled' })
  const first = gate()
  limited.submit(() => first.promise)
  const refused = await rejection(limited.submit(() => 2))
  t.true(PoolOverloadError.is(refused))
  first.open()
  await limited.join()
})

test('the end of the block aborts what waits in a pool that is paused', async (t) => {
  const pool = Pool.create()
  pool.pause()
  const block = (async () => {
    await using group = pool.group({ mode: 'allSettled' })
    for (let i = 0; i < 3; i++) group.submit(() => t.fail())
    t.is(pool.waiting, 3)
  })()
  await within(block, 'the block ends')
  t.is(pool.waiting, 0)
  pool.resume()
})

test('the tasks of a group have the resources of their workers; one that cannot be had is a failure of its task', async (t) => {
  let made = 0
  const init = (): number => {
    if (++made === 2) throw new Error('no second one')
    return made
  }
  const pool = Pool.create({ size: 2, init })
  await using group = pool.group({ mode: 'allSettled' })
  for (let i = 0; i < 2; i++) group.submit(({ resource }) => delay(2, resource))
  const outcomes = await group.join()
  t.like(outcomes[0], { status: 'fulfilled', value: 1 })
  t.is((outcomes[1] as { reason: Error }).reason.message, 'no second one')
  await pool.close()
})

for (const [how, end] of [
  ['released', (pool: Pool) => pool.release()],
  ['closed', (pool: Pool) => void pool.close({ timeout: 1 }).catch(() => {})],
  ['cleared', (pool: Pool) => void pool.clear()],
] as const) {
  test(`a group whose pool is ${how} in its midst: what waits rejects, and the block waits for what runs`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const stubborn = gate<string>()
    await using group = pool.group({ mode: 'allSettled' })
    group.submit(() => stubborn.promise, { tag: 'runs' })
    group.submit(() => t.fail(), { tag: 'waits' })
    end(pool)
    await until(() => group.results.has('waits'), 'the waiting one has settled')
    t.true(PoolError.is((group.results.get('waits') as { reason: unknown }).reason))
    stubborn.open('done')
    t.like(await group.join(), [{ status: 'fulfilled', value: 'done' }, { status: 'rejected' }])
  })
}

test('ten thousand tasks of a group hold one listener on its signal, and none once they have ended', async (t) => {
  const pool = Pool.create({ size: 16 })
  const controller = new AbortController()
  const { signal } = controller
  const listeners = new Set<unknown>()
  let most = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners.add(args[1])
    most = Math.max(most, listeners.size)
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners.delete(args[1])
    remove(...args)
  }
  await using group = pool.group({ signal })
  for (let i = 0; i < 10_000; i++) group.submit(() => new Promise(setImmediate))
  t.is(most, 1)
  await group.join()
  t.is(listeners.size, 0)
  await using aborted = pool.group({ signal })
  for (let i = 0; i < 10_000; i++) aborted.submit(heeds)
  controller.abort('over')
  t.is(await rejection(aborted.join()), 'over')
  t.is(aborted.results.size, 10_000)
  t.is(most, 1)
})

test('over a MultiPool a group with a limit is in one pool, which the strategy names when the group is made', async (t) => {
  const multi = MultiPool.create({ pools: 3, size: 4 })
  const stay = gate()
  await using first = multi.group({ limit: 2 })
  await using second = multi.group({ limit: 2 })
  for (let i = 0; i < 6; i++) {
    first.submit(() => stay.promise)
    second.submit(() => stay.promise)
  }
  t.deepEqual(
    [0, 1, 2].map((index) => [multi.at(index).busy, multi.at(index).waiting]),
    [
      [2, 4],
      [2, 4],
      [0, 0],
    ],
  )
  stay.open()
  await first.join()
  await second.join()
  await using spread = multi.group()
  const again = gate()
  for (let i = 0; i < 12; i++) spread.submit(() => again.promise)
  t.is(multi.waiting, 0)
  again.open()
  await spread.join()
})

test('bad options of a group throw, and bad ones of its tasks reject', async (t) => {
  const pool = Pool.create()
  for (const bad of [
    { mode: 'some' },
    { limit: 0 },
    { limit: 1.5 },
    { timeout: 0 },
    { taskTimeout: -1 },
    { size: 1 },
    null,
  ]) {
    t.is((t.throws(() => pool.group(bad as never)) as { code?: string }).code, 'ERR_POOL_OPTION')
  }
  await using group = pool.group({ mode: 'allSettled' })
  t.is((await rejection(group.submit(() => 1, { bogus: 1 } as never))).code, 'ERR_POOL_OPTION')
  t.is((await rejection((group as any).run())).code, 'ERR_POOL_OPTION')
})
