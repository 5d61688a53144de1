import test, { type ExecutionContext } from 'ava'
import { Pool, type SubmitOptions } from 'workpool'

import { gate, occupy } from '../support/gate.js'

/** The order in which closures that all wait behind one blocker start. */
async function orderOf(t: ExecutionContext, waiting: { name: unknown; priority?: SubmitOptions['priority'] }[]) {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: unknown[] = []
  const tasks = waiting.map(({ name, priority }) => pool.submit(() => void order.push(name), { priority }))
  t.is(pool.waiting, waiting.length)
  await finish()
  await Promise.all(tasks)
  return order
}

test('waiting tasks start in the order of their submits', async (t) => {
  const numbers = Array.from({ length: 5_000 }, (_, i) => i)
  t.deepEqual(
    await orderOf(
      t,
      numbers.map((name) => ({ name })),
    ),
    numbers,
  )
})

test('asynchronous tasks start in the order of their submits, whatever order they end in', async (t) => {
  const pool = Pool.create({ size: 3 })
  const started: number[] = []
  const gates = Array.from({ length: 9 }, () => gate())
  const tasks = gates.map(({ promise }, i) =>
    pool.submit(() => {
      started.push(i)
      return promise
    }),
  )
  for (const i of [1, 0, 3, 2, 4, 6, 5, 7, 8]) {
    gates[i]!.open()
    await tasks[i]
  }
  t.deepEqual(started, [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

test('a lower priority number goes first, FIFO within one number', async (t) => {
  const order = await orderOf(t, [
    { name: '2a', priority: 2 },
    { name: '0a', priority: 0 },
    { name: '7a', priority: 7 },
    { name: '1a', priority: 1 },
    { name: '0b', priority: 0 },
    { name: '2b', priority: 2 },
    { name: '1000', priority: 1_000 },
    { name: '1b', priority: 1 },
    { name: '7b', priority: 7 },
    { name: '0c', priority: 0 },
  ])
  t.deepEqual(order, ['0a', '0b', '0c', '1a', '1b', '2a', '2b', '7a', '7b', '1000'])
})

test("'high', 'normal' and 'low' are 0, 1 and 2, and the default is 1", async (t) => {
  const order = await orderOf(t, [
    { name: 'low', priority: 'low' },
    { name: 2, priority: 2 },
    { name: 'default' },
    { name: 'normal', priority: 'normal' },
    { name: 1, priority: 1 },
    { name: 'high', priority: 'high' },
    { name: 0, priority: 0 },
  ])
  t.deepEqual(order, ['high', 0, 'default', 'normal', 1, 'low', 2])
})

test('a priority may be any safe integer from 0', async (t) => {
  const order = await orderOf(t, [
    { name: 'last', priority: Number.MAX_SAFE_INTEGER },
    { name: 'last but one', priority: Number.MAX_SAFE_INTEGER - 1 },
    { name: '2^32 + 1', priority: 2 ** 32 + 1 },
    { name: '2^32', priority: 2 ** 32 },
    { name: 'million', priority: 1_000_000 },
    { name: 'first', priority: 0 },
  ])
  t.deepEqual(order, ['first', 'million', '2^32', '2^32 + 1', 'last but one', 'last'])
})

test('priority orders what waits, it does not interrupt or overtake what runs', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const urgent = pool.submit(() => 'urgent', { priority: 'high' })
  t.is(pool.busy, 1)
  t.is(pool.waiting, 1)
  await finish()
  t.is(await urgent, 'urgent')
})

test('a cancelled task leaves the order of the others as it was', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: number[] = []
  const controllers = Array.from({ length: 100 }, () => new AbortController())
  const tasks = controllers.map(({ signal }, i) => pool.submit(() => void order.push(i), { signal, priority: i % 4 }))
  controllers.forEach((controller, i) => {
    if (i % 3 !== 0) controller.abort()
  })
  await finish()
  await Promise.allSettled(tasks)
  const left = Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 3 === 0)
  t.deepEqual(
    order,
    [0, 1, 2, 3].flatMap((priority) => left.filter((i) => i % 4 === priority)),
  )
})

test('tasks started by a growing capacity start in priority order', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: string[] = []
  const last = gate()
  const tasks = (['low', 'normal', 'high', 'low', 'high'] as const).map((priority) =>
    pool.submit(
      () => {
        order.push(priority)
        return last.promise
      },
      { priority },
    ),
  )
  pool.tune(4)
  t.is(pool.busy, 4)
  pool.tune(6)
  last.open()
  await Promise.all(tasks)
  await finish()
  t.deepEqual(order, ['high', 'high', 'normal', 'low', 'low'])
})

test('tasks started by a growing capacity start in order also where they end at once', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: number[] = []
  const tasks = Array.from({ length: 6 }, (_, i) => pool.submit(() => void order.push(i)))
  pool.tune(4)
  await finish()
  await Promise.all(tasks)
  t.deepEqual(order, [0, 1, 2, 3, 4, 5])
})
