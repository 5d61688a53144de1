// The TracingChannel `workpool.task`, and what is told of tasks that are refused.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Channel, tracingChannel } from 'node:diagnostics_channel'

import test, { type ExecutionContext } from 'ava'
import { ConstantBackoff, handleAll, retry } from 'cockatiel'
import { MultiPool, Pool, type TaskMessage, type ThreadPool } from 'workpool'

import { child } from '../support/child.js'
import { gate } from '../support/gate.js'
import { hear } from '../support/heard.js'
import { type Functions, threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
type Event = (typeof EVENTS)[number]
const channels = tracingChannel('workpool.task') as unknown as Record<Event, Channel>

interface Told {
  readonly event: Event
  readonly task: TaskMessage
  /** As the task was when it was told of. */
  readonly at: TaskMessage
}

/** What is told of the tasks of pools whose names begin so. */
function trace(t: ExecutionContext, pool: string): Told[] {
  const told: Told[] = []
  for (const event of EVENTS) {
    const listen = (message: unknown): void => {
      const task = message as TaskMessage
      if (task.pool.startsWith(pool)) told.push({ event, task, at: { ...task } })
    }
    channels[event].subscribe(listen)
    t.teardown(() => void channels[event].unsubscribe(listen))
  }
  return told
}

const eventsOf = (told: readonly Told[], name: string) =>
  told.filter(({ task }) => task.name === name).map(({ event }) => event)
const taskOf = (told: readonly Told[], name: string): TaskMessage => told.find(({ task }) => task.name === name)!.task
/** One thread, which has loaded. */
async function oneThread(t: ExecutionContext, name: string): Promise<ThreadPool<Functions>> {
  const pool = threads(t, { name, size: 1 })
  await pool.ready()
  return pool
}
const cells = () => new Int32Array(new SharedArrayBuffer(16))

test.serial('a task is told of from its submit to its end, by one object', async (t) => {
  const told = trace(t, 'closures')
  await using pool = Pool.create({ name: 'closures', size: 1 })
  const open = gate<number>()
  const first = pool.submit(function first() {
    return open.promise
  })
  const second = pool.submit(function second() {}, { key: 'tenant', priority: 'low' })
  t.deepEqual(eventsOf(told, 'second'), ['start', 'end'])
  open.open(7)
  t.is(await first, 7)
  await second
  t.deepEqual(eventsOf(told, 'first'), ['start', 'end', 'asyncStart', 'asyncEnd'])
  t.deepEqual(eventsOf(told, 'second'), ['start', 'end', 'asyncStart', 'asyncEnd'])
  t.is(new Set(told.map(({ task }) => task)).size, 2)

  const [begun] = told
  t.deepEqual(begun!.at, { pool: 'closures', name: 'first', priority: 1, waitMs: 0, runMs: 0 })
  const { waitMs, runMs, ...task } = taskOf(told, 'second')
  t.deepEqual(task, { pool: 'closures', id: 2, name: 'second', priority: 2, key: 'tenant', outcome: 'completed' })
  t.true(waitMs > 0 && runMs > 0)
})

test.serial('the end is told before whoever awaits the task goes on', async (t) => {
  const told = trace(t, 'order')
  await using pool = Pool.create({ name: 'order' })
  const threadPool = await oneThread(t, 'order of threads')
  for (const run of [() => pool.submit(async () => null), () => threadPool.run(1)]) {
    told.length = 0
    await run()
    t.is(told.at(-1)!.event, 'asyncEnd')
  }
})

test.serial(
  'a store that a subscriber binds is there in closures, also in those that wait or come in a batch',
  async (t) => {
    const storage = new AsyncLocalStorage<string>()
    channels.start.bindStore(storage as AsyncLocalStorage<unknown>, (message) => `of ${(message as TaskMessage).name}`)
    t.teardown(() => void channels.start.unbindStore(storage as AsyncLocalStorage<unknown>))
    await using pool = Pool.create({ name: 'bound', size: 1 })
    const seen: unknown[] = []
    const see = (): unknown => seen.push(storage.getStore())
    await Promise.all([
      pool.submit(async function now() {
        see()
        await Promise.resolve()
        see()
      }),
      pool.submit(function waiting() {
        see()
      }),
      pool.submitAll([
        function one() {
          see()
        },
        async function two() {
          await Promise.resolve()
          see()
        },
      ]),
    ])
    t.deepEqual(seen, ['of now', 'of now', 'of waiting', 'of one', 'of two'])
    t.is(storage.getStore(), undefined)
  },
)

test.serial('every end has its outcome, for closures and for threads', async (t) => {
  const told = trace(t, 'ends')
  const refused = hear(t, 'workpool:task:refused', 'ends')
  await using pool = Pool.create({ name: 'ends', size: 1 })
  const error = new Error('on purpose')
  await rejection(
    pool.submit(function failing() {
      throw error
    }),
  )
  const controller = new AbortController()
  const open = gate<void>()
  const aborted = rejection(
    pool.submit(
      function aborted() {
        return open.promise
      },
      { signal: controller.signal },
    ),
  )
  controller.abort(new Error('no longer wanted'))
  await aborted
  open.open()
  const late = gate<void>()
  await rejection(
    pool.submit(
      function late_() {
        return late.promise
      },
      { timeout: 1 },
    ),
  )
  late.open()
  await pool.drain()
  const held = gate<void>()
  const busy = pool.submit(() => held.promise)
  await rejection(pool.submit(function impatient() {}, { waitTimeout: 1 }))
  await rejection(pool.submit(function atOnce() {}, { waitTimeout: 0 }))
  const cleared = rejection(pool.submit(function cleared() {}))
  pool.clear()
  await cleared
  held.open()
  await busy

  const outcomes = Object.fromEntries(
    ['failing', 'aborted', 'late_', 'impatient', 'atOnce', 'cleared'].map((name) => {
      const { outcome, reason } = taskOf(told, name)
      return [name, reason ?? outcome]
    }),
  )
  t.deepEqual(outcomes, {
    failing: 'failed',
    aborted: 'cancelled',
    late_: 'timedOut',
    impatient: 'waitTimeout',
    atOnce: 'waitTimeout',
    cleared: 'cleared',
  })
  t.is(taskOf(told, 'failing').error, error)
  t.deepEqual(eventsOf(told, 'failing'), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  t.deepEqual(
    refused.map(({ name, reason }) => [name, reason]),
    [
      ['impatient', 'waitTimeout'],
      ['atOnce', 'waitTimeout'],
      ['cleared', 'cleared'],
    ],
  )

  const threadPool = await oneThread(t, 'ends of threads')
  await rejection(threadPool.run('x', { name: 'fail' }))
  await rejection(threadPool.run(1, { name: 'exit' }))
  await rejection(threadPool.run(() => {}, { name: 'list' }))
  await rejection(threadPool.run(cells(), { name: 'spin', timeout: 20 }))
  const { rejected, ...stats } = threadPool.stats()
  t.deepEqual(
    ['fail', 'exit', 'list', 'spin'].map((name) => taskOf(told, name).outcome),
    ['failed', 'failed', 'failed', 'timedOut'],
  )
  t.like(stats, { failed: 2, timedOut: 1 })
  t.is(rejected.overload, 0)
  t.like(taskOf(told, 'list'), { id: undefined, reason: undefined }, 'what cannot be cloned is no task, and no refusal')
})

test.serial('what all verbs of all pools submit is traced, each task once', async (t) => {
  const told = trace(t, 'verbs')
  const names = () => {
    const ended = told.filter(({ event }) => event === 'asyncEnd').map(({ task }) => `${task.name}: ${task.outcome}`)
    told.length = 0
    return ended.toSorted()
  }
  await using pool = Pool.create({ name: 'verbs', size: 2 })
  pool.execute(function executed() {})
  t.true(pool.tryExecute(function tried() {}))
  await pool.future(function future() {}).get()
  await pool.wrap(function wrapped() {})()
  for await (const _ of pool.map([1], function mapped() {}));
  const lease = await pool.lease()
  lease.release()
  {
    await using group = pool.group()
    void group.submit(function grouped() {})
    await group.join()
  }
  await pool.drain()
  t.deepEqual(
    names().filter((name) => !name.startsWith('undefined')),
    [
      'executed: completed',
      'future: completed',
      'grouped: completed',
      'lease: completed',
      'tried: completed',
      'wrapped: completed',
    ],
  )

  const threadPool = await oneThread(t, 'verbs of threads')
  t.is(threadPool.runSync(3), 3)
  t.is(await threadPool.tasks['sum']!(1, 2), 3)
  t.deepEqual(await threadPool.runAll([1, 2]), [1, 2])
  t.is(await threadPool.future(5).get(), 5)
  for await (const _ of threadPool.map([1]));
  await threadPool.drain()
  t.deepEqual(names(), [...Array<string>(5).fill('default: completed'), 'sum: completed'])

  await using several = MultiPool.create({ name: 'verbs of several', pools: 2, size: 1 })
  await several.submit(function one() {})
  await several.submitAll([function two() {}, function three() {}])
  t.deepEqual(
    told.filter(({ event }) => event === 'start').map(({ task }) => `${task.name} in ${task.pool}`),
    ['one in verbs of several#0', 'two in verbs of several#1', 'three in verbs of several#0'],
  )
})

test.serial('the attempts of a policy are tasks of their own, and each knows the one before it', async (t) => {
  const told = trace(t, 'attempts')
  await using pool = Pool.create({ name: 'attempts' })
  let calls = 0
  const policy = retry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(1) })
  await pool.with({ policy }).submit(function again() {
    if (++calls < 3) throw new Error('again')
  })
  const tasks = told.filter(({ event }) => event === 'start').map(({ task }) => task)
  t.deepEqual(
    tasks.map(({ attempt, outcome }) => [attempt, outcome]),
    [
      [1, 'failed'],
      [2, 'failed'],
      [3, 'completed'],
    ],
  )
  t.deepEqual(
    tasks.map(({ previous }) => previous),
    [undefined, tasks[0], tasks[1]],
  )
})

test.serial('a batch that is refused is told of job by job', async (t) => {
  const refused = hear(t, 'workpool:task:refused', 'batch')
  await using pool = Pool.create({ name: 'batch', size: 1, nonblocking: true })
  await rejection(pool.submitAll([function one() {}, function two() {}]))
  await until(() => refused.length === 2, 'both are told of')
  t.deepEqual(
    refused.map(({ name, reason }) => [name, reason]),
    [
      ['one', 'overload'],
      ['two', 'overload'],
    ],
  )
})

test.serial('a MultiPool that takes a task nowhere refuses it once', async (t) => {
  const refused = hear(t, 'workpool:task:refused', 'nowhere')
  const each = [0, 1].map((index) => hear(t, 'workpool:task:refused', `nowhere#${index}`))
  await using several = MultiPool.create({ name: 'nowhere', pools: 2, size: 1, nonblocking: true })
  const open = gate<void>()
  const busy = [several.submit(() => open.promise), several.submit(() => open.promise)]
  t.false(several.tryExecute(() => {}))
  await rejection(several.submit(() => {}))
  t.throws(() => several.execute(() => {}), { code: 'ERR_POOL_OVERLOAD' })
  await until(() => refused.length === 3, 'three are told of')
  t.deepEqual(each, [[], []])
  open.open()
  await Promise.all(busy)
})

test.serial('a task that is shed is told of as shed and as refused', async (t) => {
  const shed = hear(t, 'workpool:task:shed', 'standing')
  const refused = hear(t, 'workpool:task:refused', 'standing')
  await using pool = Pool.create({ name: 'standing', size: 1, shed: { target: 1, interval: 1 } })
  const open = gate<void>()
  const busy = pool.submit(() => open.promise)
  const waiting = Array.from({ length: 50 }, () =>
    pool.submit(() => new Promise((resolve) => setTimeout(resolve, 2))).catch(() => {}),
  )
  setTimeout(() => open.open(), 20)
  await Promise.all([busy, ...waiting])
  t.is(shed.length, pool.stats().rejected.shed)
  t.true(shed.length > 0)
  t.deepEqual(
    shed,
    refused.filter(({ reason }) => reason === 'shed'),
  )
})

test.serial('subscribers that throw, or submit themselves, lose nothing', async (t) => {
  const uncaught: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const catching = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', catching)
  await using other = Pool.create({ name: 'of the subscriber', size: 1 })
  let submitted = 0
  const fail = (message: unknown): never | void => {
    const { pool } = message as TaskMessage
    if (pool !== 'disturbed' && pool !== 'disturbed threads') return
    other.execute(() => submitted++)
    throw new Error('a subscriber fails')
  }
  for (const event of EVENTS) channels[event].subscribe(fail)
  try {
    await using pool = Pool.create({ name: 'disturbed', size: 2, maxBlockingTasks: 10 })
    const threadPool = await oneThread(t, 'disturbed threads')
    const results = await Promise.allSettled([
      ...Array.from({ length: 20 }, (_, index) =>
        pool.submit(async () => {
          if (index % 2 === 1) throw new Error('of a task')
          return index
        }),
      ),
      ...Array.from({ length: 20 }, (_, index) => threadPool.run(index)),
    ])
    t.deepEqual(
      results.map((result, index) =>
        result.status === 'fulfilled' ? result.value === index % 20 : (result.reason as Error).message,
      ),
      results.map((_, index) => {
        if (index >= 20) return true
        if (index >= 12) return (results[index] as PromiseRejectedResult).reason.message
        return index % 2 === 1 ? 'of a task' : true
      }),
    )
    await other.drain()
    // Of each task start, end, asyncStart and asyncEnd, and of 10 + 4 an error.
    await until(() => uncaught.length === 40 * 4 + 14, 'every error is uncaught')
    t.is(submitted, uncaught.length)
  } finally {
    for (const event of EVENTS) channels[event].unsubscribe(fail)
    process.off('uncaughtException', catching)
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})

test.serial('without subscribers nothing is made for a task, and with one an object for each', async (t) => {
  t.timeout(60_000)
  const { stdout, stderr, code } = await child('unheard', { deadlineMs: 50_000 })
  t.deepEqual({ stdout, stderr, code }, { stdout: '0\n100\n', stderr: '', code: 0 })
})
