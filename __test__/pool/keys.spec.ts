// Keys (design/scheduling.md): what a task belongs to, how many of one key run or wait, and whose turn it is.
import test from 'ava'
import { Pool, PoolOverloadError } from 'workpool'

import { gate, occupy, type Gate } from '../support/gate.js'
import { rejection } from '../support/until.js'

/** Submits tasks that note their names when they start and end at once. */
function recorder(pool: Pool<void>) {
  const order: string[] = []
  const submit = (name: string, key?: string, priority = 1): Promise<unknown> =>
    pool.submit(() => order.push(name), { ...(key !== undefined && { key }), priority })
  return { order, submit }
}

test('no more than perKey tasks of a key run at once, and a key that has so many holds nobody up', async (t) => {
  const pool = Pool.create({ size: 10, perKey: 2 })
  const running = new Map<string, number>()
  const most = new Map<string, number>()
  const work = async (key: string): Promise<void> => {
    running.set(key, (running.get(key) ?? 0) + 1)
    most.set(key, Math.max(most.get(key) ?? 0, running.get(key)!))
    await new Promise(setImmediate)
    running.set(key, running.get(key)! - 1)
  }
  const tasks = Array.from({ length: 60 }, (_, i) => {
    const key = ['busy', 'busy', 'busy', 'other'][i % 4]!
    return pool.submit(() => work(key), { key })
  })
  t.is(pool.busy, 4)
  t.is(pool.waiting, 56)
  t.is(await pool.submit(() => 'at once'), 'at once')
  await Promise.all(tasks)
  t.deepEqual([...most].sort(), [
    ['busy', 2],
    ['other', 2],
  ])
  t.is(pool.waiting, 0)
})

test('tasks without a key have no limit', async (t) => {
  const pool = Pool.create({ size: 8, perKey: 1 })
  const { finish } = occupy(pool, 8)
  t.is(pool.busy, 8)
  await finish()
})

test('one busy tenant does not starve the others: the key with the fewest running tasks goes first, then who came first', async (t) => {
  const pool = Pool.create({ size: 2 })
  const started: string[] = []
  const gates: Gate[] = []
  const submit = (key: string): Promise<void> => {
    const end = gate()
    gates.push(end)
    return pool.submit(() => (started.push(key), end.promise), { key })
  }
  const tasks = ['a', 'a', 'a', 'a', 'b', 'c'].map(submit)
  t.deepEqual(started, ['a', 'a'])
  gates[0]!.open()
  await tasks[0]
  t.deepEqual(started, ['a', 'a', 'b'], 'a still runs one, b none, and b came before c')
  gates[1]!.open()
  await tasks[1]
  t.deepEqual(started, ['a', 'a', 'b', 'a'], 'now a and c run none, and a came first')
  gates[4]!.open()
  await tasks[4]
  t.deepEqual(started, ['a', 'a', 'b', 'a', 'c'])
  for (const { open } of gates) open()
  await Promise.all(tasks)
  t.is(started.length, 6)
})

test('tasks of one key start in the order in which they came, and priorities go before keys', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const { order, submit } = recorder(pool)
  const tasks = [
    submit('a1', 'a'),
    submit('a2', 'a'),
    submit('none'),
    submit('b1', 'b'),
    submit('urgent', 'a', 0),
    submit('last', 'c', 2),
  ]
  await finish()
  await Promise.all(tasks)
  t.deepEqual(order, ['urgent', 'a1', 'a2', 'none', 'b1', 'last'])
})

test('a task that timed out or was aborted counts for its key until its function has ended', async (t) => {
  const pool = Pool.create({ size: 5, perKey: 1 })
  const end = gate()
  const controller = new AbortController()
  await t.throwsAsync(
    pool.submit(() => end.promise, { key: 'a', timeout: 1 }),
    { code: 'ERR_POOL_TASK_TIMEOUT' },
  )
  const aborted = pool.submit(() => end.promise, { key: 'b', signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.throwsAsync(aborted, { message: 'enough' })
  const next = [pool.submit(() => 'a', { key: 'a' }), pool.submit(() => 'b', { key: 'b' })]
  t.is(pool.waiting, 2)
  end.open()
  t.deepEqual(await Promise.all(next), ['a', 'b'])
})

test('no more than maxBlockingPerKey tasks of a key wait; further ones are refused with reason key', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingPerKey: 2 })
  const { finish } = occupy(pool, 1)
  const ran: string[] = []
  const submit = (key: string) => pool.submit(() => ran.push(key), { key })
  const waiting = [submit('a'), submit('a'), submit('b')]
  const error: PoolOverloadError = await rejection(submit('a'))
  t.true(error instanceof PoolOverloadError)
  t.like(error, { reason: 'key', waiting: 3, capacity: 1, retryable: true })
  t.regex(error.message, /as many tasks of the key run or wait as may/)
  t.false(pool.tryExecute(() => t.fail('it ran'), { key: 'a' }))
  t.is(pool.stats().rejected.key, 2)
  t.is(pool.stats().rejected.overload, 0)
  await finish()
  await Promise.all(waiting)
  t.deepEqual(ran, ['a', 'a', 'b'])
})

test('where nothing may wait, a key that runs as many tasks as may is the reason', async (t) => {
  const pool = Pool.create({ size: 2, nonblocking: true, perKey: 1 })
  const end = gate()
  const first = pool.submit(() => end.promise, { key: 'a' })
  t.is((await rejection(pool.submit(() => 0, { key: 'a' }))).reason, 'key')
  const second = pool.submit(() => end.promise, { key: 'b' })
  t.is((await rejection(pool.submit(() => 0, { key: 'c' }))).reason, 'overload')
  t.is((await rejection(pool.submit(() => 0, { key: 'a' }))).reason, 'key')
  t.like(pool.stats().rejected, { key: 2, overload: 1 })
  end.open()
  await Promise.all([first, second])
})

test('waitTimeout holds for tasks that wait for their key', async (t) => {
  const pool = Pool.create({ size: 2, perKey: 1 })
  const end = gate()
  const first = pool.submit(() => end.promise, { key: 'a' })
  for (const waitTimeout of [0, 1]) {
    const late = pool.submit(() => t.fail('it ran'), { key: 'a', waitTimeout })
    t.is((await rejection(late)).code, 'ERR_POOL_WAIT_TIMEOUT')
  }
  end.open()
  await first
})

test('keys differ as their texts do: by case, length, lone surrogates, and however long they are', async (t) => {
  const long = 'x'.repeat(10_000)
  const keys = ['a', 'A', 'a\0', '\0', '\ud800', '\udc00', '\ufffd', 'é', 'e\u0301', '😀', long, `${long}x`, `y${long}`]
  const atLimit = Array.from({ length: 6 }, (_, i) => 'z'.repeat(125 + i))
  const all = [...keys, ...atLimit]
  const pool = Pool.create({ size: 100, perKey: 1, nonblocking: true })
  const end = gate()
  const tasks = all.map((key) => pool.submit(() => end.promise, { key }))
  t.is(pool.busy, all.length, 'each is a key of its own')
  for (const key of all)
    t.false(
      pool.tryExecute(() => t.fail('it ran'), { key: `${key}` }),
      key.slice(0, 20),
    )
  end.open()
  await Promise.all(tasks)
})

test('the key of a task is its own, whatever submits in between', async (t) => {
  const pool = Pool.create({ size: 10, perKey: 1, nonblocking: true })
  const end = gate()
  const options = {
    get key() {
      // Runs while the options are read.
      void pool.submit(() => end.promise, { key: 'inner' })
      return 'outer'
    },
  }
  const outer = pool.submit(() => end.promise, options)
  t.is(pool.busy, 2)
  t.false(pool.tryExecute(() => {}, { key: 'outer' }))
  t.false(pool.tryExecute(() => {}, { key: 'inner' }))
  t.true(pool.tryExecute(() => {}))
  end.open()
  await outer
})
