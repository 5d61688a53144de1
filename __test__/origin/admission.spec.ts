import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClosedError, PoolOverloadError, WaitTimeoutError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { thenable } from '../support/thenable.js'
import { rejection } from '../support/until.js'

test('a task that is admitted at once starts inside submit', async (t) => {
  const pool = Pool.create({ size: 1 })
  let started = false
  const task = pool.submit(() => {
    started = true
  })
  t.true(started)
  await task
})

test('a closure that ends synchronously has ended, and given its worker back, when submit returns', async (t) => {
  const pool = Pool.create({ size: 1 })
  const tasks: Promise<number>[] = []
  for (let i = 0; i < 10; i++) {
    tasks.push(pool.submit(() => i))
    t.is(pool.busy, 0)
    t.is(pool.waiting, 0)
    t.is(pool.stats().completed, i + 1)
  }
  t.deepEqual(await Promise.all(tasks), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a closure that throws synchronously has ended when submit returns, and submit does not throw', async (t) => {
  const pool = Pool.create({ size: 1 })
  const error = new Error('thrown')
  const task = pool.submit(() => {
    throw error
  })
  t.is(pool.busy, 0)
  t.is(pool.stats().failed, 1)
  t.is(await rejection(task), error)
})

test('results arrive as they are', async (t) => {
  const pool = Pool.create({ size: 2 })
  const object = { a: 1 }
  for (const value of [undefined, null, 0, -0, '', false, NaN, 1n, Symbol.iterator, object, [object]]) {
    t.is(await pool.submit(() => value), value)
    t.is(await pool.submit(async () => value), value)
  }
})

test('a thenable result is waited for', async (t) => {
  const pool = Pool.create({ size: 1 })
  const task = pool.submit(() => thenable((resolve) => setImmediate(resolve, 7)))
  t.is(pool.busy, 1)
  t.is(await task, 7)
  t.is(pool.busy, 0)
})

test('a thenable whose then throws fails its task', async (t) => {
  const pool = Pool.create({ size: 1 })
  const error = new Error('then threw')
  const hostile = thenable(() => {
    throw error
  })
  t.is(await rejection(pool.submit(() => hostile)), error)
  t.is(pool.busy, 0)
  t.is(pool.stats().failed, 1)
})

test('never more than capacity tasks run at once', async (t) => {
  const pool = Pool.create({ size: 10 })
  let running = 0
  let most = 0
  const task = async () => {
    most = Math.max(most, ++running)
    await turn()
    running--
  }
  await Promise.all(Array.from({ length: 200 }, () => pool.submit(task)))
  t.is(most, 10)
  t.is(pool.stats().peakBusy, 10)
  t.is(pool.stats().peakWaiting, 190)
})

test('a worker that finishes takes the next waiting task before the finished promise is seen', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { gates, tasks } = occupy(pool, 2)
  gates[0]!.open()
  await tasks[0]
  t.is(pool.busy, 1)
  t.is(pool.waiting, 0)
  t.is(pool.stats().completed, 1)
  gates[1]!.open()
  await tasks[1]
  t.is(pool.idle, 1)
})

test('a newcomer never takes a worker past the queue', async (t) => {
  const pool = Pool.create({ size: 1 })
  const order: string[] = []
  const first = gate()
  const chain = pool
    .submit(() => first.promise)
    .then(() => pool.submit(() => void order.push('newcomer'), { priority: 'high' }))
  const waiting = ['a', 'b', 'c'].map((name) =>
    pool.submit(async () => {
      order.push(name)
      await turn()
    }),
  )
  first.open()
  await Promise.all([chain, ...waiting])
  t.is(order[0], 'a')
  t.is(order.length, 4)
})

test('an idle worker is reused before a new one is started', async (t) => {
  const pool = Pool.create({ size: 10 })
  for (let i = 0; i < 12; i++) await pool.submit(turn)
  t.is(pool.running, 1)
  t.is(pool.stats().workers.started, 1)
})

test('nonblocking: what would have to wait is refused, and free workers are still used', async (t) => {
  const pool = Pool.create({ size: 2, nonblocking: true })
  await occupy(pool, 2).finish()
  t.is(pool.free, 0)
  const { gates, tasks, finish } = occupy(pool, 2)
  const refused = await rejection(pool.submit(() => t.fail('it ran')))
  t.true(refused instanceof PoolOverloadError)
  t.is(pool.waiting, 0)
  gates[0]!.open()
  await tasks[0]
  t.is(await pool.submit(() => 'accepted'), 'accepted')
  await finish()
  t.is(pool.stats().rejected.overload, 1)
  t.is(pool.stats().submitted, 5)
})

test('nonblocking wins over maxBlockingTasks', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true, maxBlockingTasks: 10 })
  const { finish } = occupy(pool, 1)
  t.true((await rejection(pool.submit(() => 0))) instanceof PoolOverloadError)
  await finish()
})

test('maxBlockingTasks: as many wait, the next is refused, and there is room again when one has left', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 2 })
  const { gates, tasks, finish } = occupy(pool, 3)
  t.is(pool.waiting, 2)
  t.true((await rejection(pool.submit(() => 0))) instanceof PoolOverloadError)
  gates[0]!.open()
  await tasks[0]
  t.is(pool.waiting, 1)
  const later = pool.submit(() => 'later')
  t.is(pool.waiting, 2)
  await finish()
  t.is(await later, 'later')
})

test('maxBlockingTasks: 0 is no bound', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 0 })
  const { finish } = occupy(pool, 2_000)
  t.is(pool.waiting, 1_999)
  await finish()
  t.is(pool.stats().completed, 2_000)
})

for (const [title, optionsOf] of [
  ['a signal', () => ({ signal: new AbortController().signal })],
  ['a waitTimeout', () => ({ waitTimeout: 60_000 })],
  ['a timeout', () => ({ timeout: 60_000 })],
  ['a priority', (i: number) => ({ priority: i % 3 })],
] as const) {
  test(`a bound of 2 holds for 500 submits that carry ${title}`, async (t) => {
    const pool = Pool.create({ size: 1, maxBlockingTasks: 2 })
    const first = gate()
    const tasks = Array.from({ length: 500 }, (_, i) => pool.submit(() => first.promise, optionsOf(i)))
    t.is(pool.busy, 1)
    t.is(pool.waiting, 2)
    first.open()
    const results = await Promise.allSettled(tasks)
    const refused = results.filter((result) => result.status === 'rejected')
    t.is(refused.length, 497)
    t.true(refused.every(({ reason }) => reason instanceof PoolOverloadError))
    t.is(pool.stats().rejected.overload, 497)
    t.is(pool.stats().peakWaiting, 2)
  })
}

test('a waiting task that is cancelled makes room under maxBlockingTasks at once', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1 })
  const { finish } = occupy(pool, 1)
  const controller = new AbortController()
  const cancelled = pool.submit(() => t.fail('it ran'), { signal: controller.signal })
  controller.abort()
  const accepted = pool.submit(() => 'accepted')
  await finish()
  t.is(await accepted, 'accepted')
  t.is(await rejection(cancelled), controller.signal.reason)
})

test('waitTimeout 0 refuses rather than waits', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const refused = pool.submit(() => t.fail('it ran'), { waitTimeout: 0 })
  t.is(pool.waiting, 0)
  t.true((await rejection(refused)) instanceof WaitTimeoutError)
  await finish()
  t.is(await pool.submit(() => 'room', { waitTimeout: 0 }), 'room')
  t.is(pool.stats().rejected.waitTimeout, 1)
  t.is(pool.stats().rejected.overload, 0)
})

test('nonblocking is asked before waitTimeout 0', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const { finish } = occupy(pool, 1)
  t.true((await rejection(pool.submit(() => 0, { waitTimeout: 0 }))) instanceof PoolOverloadError)
  await finish()
})

test('closed is asked before overload', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const { finish } = occupy(pool, 1)
  pool.release()
  t.true((await rejection(pool.submit(() => 0))) instanceof PoolClosedError)
  await finish()
  t.is(pool.stats().rejected.closed, 1)
  t.is(pool.stats().rejected.overload, 0)
})

for (const size of [Infinity, -1]) {
  test(`size ${size} is unbounded: nothing ever waits`, async (t) => {
    const pool = Pool.create({ size })
    const { finish } = occupy(pool, 3_000)
    t.is(pool.capacity, Infinity)
    t.is(pool.available, Infinity)
    t.is(pool.free, Infinity)
    t.is(pool.busy, 3_000)
    t.is(pool.waiting, 0)
    await finish()
    t.is(pool.stats().peakWaiting, 0)
  })
}

test('the default capacity is 256', async (t) => {
  const pool = Pool.create()
  t.is(pool.capacity, 256)
  const { finish } = occupy(pool, 300)
  t.is(pool.busy, 256)
  t.is(pool.waiting, 44)
  await finish()
})

test('the getters tell what the vocabulary says', async (t) => {
  const pool = Pool.create({ size: 4 })
  const look = () => {
    const { capacity, running, busy, idle, available, free, waiting, isClosed } = pool
    return { capacity, running, busy, idle, available, free, waiting, isClosed }
  }
  const fresh = { capacity: 4, running: 0, busy: 0, idle: 0, available: 4, free: 4, waiting: 0, isClosed: false }
  t.deepEqual(look(), fresh)
  const { gates, tasks, finish } = occupy(pool, 3)
  t.deepEqual(look(), { ...fresh, running: 3, busy: 3, available: 1, free: 1 })
  gates[0]!.open()
  await tasks[0]
  t.deepEqual(look(), { ...fresh, running: 3, busy: 2, idle: 1, available: 2, free: 1 })
  const more = occupy(pool, 4)
  t.deepEqual(look(), { ...fresh, running: 4, busy: 4, available: 0, free: 0, waiting: 2 })
  pool.tune(1)
  t.deepEqual(look(), { ...fresh, capacity: 1, running: 4, busy: 4, available: 0, free: 0, waiting: 2 })
  await finish()
  await more.finish()
  t.deepEqual(look(), { ...fresh, capacity: 1, running: 1, idle: 1, available: 1, free: 0 })
  pool.release()
  t.deepEqual(look(), { ...fresh, capacity: 1, available: 1, free: 1, isClosed: true })
})

test('preAlloc starts no worker and changes no rule', async (t) => {
  const pool = Pool.create({ size: 3, preAlloc: true })
  t.is(pool.running, 0)
  const { finish } = occupy(pool, 5)
  t.is(pool.busy, 3)
  t.is(pool.waiting, 2)
  await finish()
  t.is(pool.stats().completed, 5)
})

test('a chain of 100,000 waiting synchronous closures uses no stack', async (t) => {
  t.timeout(30_000)
  const pool = Pool.create({ size: 1 })
  const first = gate()
  const blocker = pool.submit(() => first.promise)
  const depth = () => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 1_000
    const frames = new Error().stack!.split('\n').length
    Error.stackTraceLimit = limit
    return frames
  }
  const depths: number[] = []
  const tasks: Promise<void>[] = []
  for (let i = 0; i < 100_000; i++) {
    tasks.push(pool.submit(() => void (i % 10_000 === 9_999 && depths.push(depth()))))
  }
  first.open()
  await blocker
  await Promise.all(tasks)
  t.is(depths.length, 10)
  t.true(Math.max(...depths) < 100, `the stack was ${Math.max(...depths)} frames deep`)
})

test('a chain of 100,000 waiting closures that throw uses no stack', async (t) => {
  t.timeout(30_000)
  let seen = 0
  const pool = Pool.create({ size: 1, panicHandler: () => void seen++ })
  const first = gate()
  void pool.submit(() => first.promise)
  const error = new Error('thrown')
  for (let i = 0; i < 100_000; i++) {
    pool.execute(() => {
      throw error
    })
  }
  first.open()
  await pool.drain()
  t.is(seen, 100_000)
  t.is(pool.stats().failed, 100_000)
})

test('a submit nested in a running closure nests like a call', async (t) => {
  const pool = Pool.create({ size: 3 })
  const order: string[] = []
  await pool.submit(() => {
    order.push('outer begins')
    void pool.submit(() => {
      order.push('inner begins')
      void pool.submit(() => void order.push('innermost'))
      order.push('inner ends')
    })
    order.push('outer ends')
  })
  t.deepEqual(order, ['outer begins', 'inner begins', 'innermost', 'inner ends', 'outer ends'])
})

test('a task that never settles keeps one worker and nothing else', async (t) => {
  const pool = Pool.create({ size: 2 })
  const { finish } = occupy(pool, 1)
  for (let i = 0; i < 50; i++) t.is(await pool.submit(async () => i), i)
  await finish()
})
