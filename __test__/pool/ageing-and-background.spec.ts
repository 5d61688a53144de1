// Ageing, and tasks in the background (design/scheduling.md).
import { setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { Pool, type TaskInfo } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

test('ageing: what has waited long enough goes before what is more important and came later', async (t) => {
  const pool = Pool.create({ size: 1, ageing: 10 })
  const { finish } = occupy(pool, 1)
  const order: string[] = []
  const submit = (name: string, priority: number) => pool.submit(() => order.push(name), { priority })
  const tasks = [submit('low', 2), submit('normal', 1)]
  // The low one is two levels, so 20 ms, behind a high one that comes at the same time.
  await delay(30)
  tasks.push(submit('high', 0), submit('high too', 0))
  await finish()
  await Promise.all(tasks)
  // Tasks of one level, and of the same age, keep their order.
  t.deepEqual(order, ['normal', 'low', 'high', 'high too'])
})

test('ageing: of tasks that came at the same time the more important one goes first', async (t) => {
  const pool = Pool.create({ size: 1, ageing: 60_000 })
  const { finish } = occupy(pool, 1)
  const order: number[] = []
  const tasks = [3, 1, 2, 0].map((priority) => pool.submit(() => order.push(priority), { priority }))
  await finish()
  await Promise.all(tasks)
  t.deepEqual(order, [0, 1, 2, 3])
})

test('without ageing priorities are strict, however long a task has waited', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: string[] = []
  const low = pool.submit(() => order.push('low'), { priority: 'low' })
  await delay(10)
  const high = pool.submit(() => order.push('high'), { priority: 'high' })
  await finish()
  await Promise.all([low, high])
  t.deepEqual(order, ['high', 'low'])
})

test('background: starts if no other task waits and fewer than half of the workers are busy', async (t) => {
  const pool = Pool.create({ size: 4 })
  const started: string[] = []
  const ends = [gate(), gate(), gate(), gate()]
  const submit = (at: number, name: string) =>
    pool.submit(() => (started.push(name), ends[at]!.promise), { priority: 'background' })
  const background = [submit(0, 'one'), submit(1, 'two'), submit(2, 'three')]
  t.deepEqual(started, ['one', 'two'], 'two of four are busy')
  t.is(pool.waiting, 1)
  t.is(await pool.submit(() => 'normal'), 'normal')
  t.is(pool.waiting, 1, 'the room is kept for others')
  ends[0]!.open()
  await background[0]
  t.deepEqual(started, ['one', 'two', 'three'])
  ends.forEach(({ open }) => open())
  await Promise.all(background)
})

test('background: a pool of one runs it when it is idle, and everything else goes first', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const order: string[] = []
  const tasks = [
    pool.submit(() => order.push('background'), { priority: 'background' }),
    pool.submit(() => order.push('background too'), { priority: 'background' }),
    pool.submit(() => order.push('low'), { priority: 'low' }),
    pool.submit(() => order.push('lowest'), { priority: Number.MAX_SAFE_INTEGER }),
  ]
  await finish()
  await Promise.all(tasks)
  t.deepEqual(order, ['low', 'lowest', 'background', 'background too'])
})

test('background: it has a bound of its own, so that it never fills the queue for others', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 2 })
  const { finish } = occupy(pool, 1)
  const background = (): Promise<string> => pool.submit(() => 'background', { priority: 'background' })
  const normal = (): Promise<string> => pool.submit(() => 'normal')
  const waiting = [background(), background()]
  t.is((await rejection(background())).reason, 'overload')
  waiting.push(normal(), normal())
  t.is((await rejection(normal())).reason, 'overload')
  t.is(pool.waiting, 4)
  await finish()
  t.deepEqual(await Promise.all(waiting), ['background', 'background', 'normal', 'normal'])
})

test('background: close runs it like any other task', async (t) => {
  const pool = Pool.create({ size: 4 })
  const end = gate()
  const started: number[] = []
  const tasks = [1, 2, 3].map((each) =>
    pool.submit(() => (started.push(each), end.promise), { priority: 'background' }),
  )
  t.deepEqual(started, [1, 2])
  const closed = pool.close()
  t.deepEqual(started, [1, 2, 3], 'what fits starts at once')
  end.open()
  await Promise.all([...tasks, closed])
})

test('background: TaskInfo says Infinity as its priority', async (t) => {
  const seen: TaskInfo[] = []
  const pool = Pool.create({ panicHandler: (_, task) => void seen.push(task) })
  await t.throwsAsync(
    pool.submit(() => Promise.reject(new Error('no')), { priority: 'background' }),
    { message: 'no' },
  )
  t.deepEqual(
    seen.map(({ priority }) => priority),
    [Infinity],
  )
})
