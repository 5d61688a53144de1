import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import { readFileSync } from 'node:fs'

import test from 'ava'
import { MultiPool, Pool } from 'workpool'

import { hear } from '../support/heard.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

test('a pool that is made, tuned and closed says so, each generation once', async (t) => {
  const created = hear(t, 'workpool:pool:created', 'told')
  const tuned = hear(t, 'workpool:pool:tuned', 'told')
  const closed = hear(t, 'workpool:pool:closed', 'told')

  const pool = Pool.create({ name: 'told' })
  await Promise.resolve()
  t.deepEqual(created, [{ pool: 'told', kind: 'closures', capacity: 256, isShared: false }])

  pool.tune(3)
  pool.configure({ size: Infinity, rate: { limit: 5, interval: 1_000 } })
  await Promise.resolve()
  t.deepEqual(tuned, [
    { pool: 'told', kind: 'closures', capacity: 3, change: { size: 3 } },
    {
      pool: 'told',
      kind: 'closures',
      capacity: Infinity,
      change: { size: Infinity, rate: { limit: 5, interval: 1_000 } },
    },
  ])

  pool.release()
  pool.release()
  await pool.close()
  pool.reboot()
  await pool.close()
  t.deepEqual(closed, [
    { pool: 'told', kind: 'closures', generation: 1 },
    { pool: 'told', kind: 'closures', generation: 2 },
  ])
})

test('each pool of a MultiPool tells of itself', async (t) => {
  const created = [hear(t, 'workpool:pool:created', 'several#0'), hear(t, 'workpool:pool:created', 'several#1')]
  await using several = MultiPool.create({ name: 'several', pools: 2, size: 1 })
  t.is(await several.submit(() => 1), 1)
  t.deepEqual(
    created.flat().map(({ pool }) => pool),
    ['several#0', 'several#1'],
  )
})

test('a thread tells that it has loaded, and how it has ended', async (t) => {
  const started = hear(t, 'workpool:thread:started', 'told threads')
  const ended = hear(t, 'workpool:thread:ended', 'told threads')
  const crashed = hear(t, 'workpool:thread:crashed', 'told threads')
  const closed = hear(t, 'workpool:pool:closed', 'told threads')
  const pool = threads(t, { name: 'told threads', size: 1 })
  const threadId = await pool.run(undefined, { name: 'thread' })
  await until(() => started.length === 1, 'the start is told')
  t.is(started[0]!.threadId, threadId)
  t.true(started[0]!.bootMs > 0)

  await t.throwsAsync(pool.run(7, { name: 'exit' }), { code: 'ERR_POOL_WORKER_CRASHED' })
  await until(() => ended.length === 1, 'the end of the thread is told')
  t.like(ended[0], { threadId, exitCode: 7, how: 'crashed' })
  t.deepEqual(crashed, [{ pool: 'told threads', worker: ended[0]!.worker, threadId, exitCode: 7 }])

  await pool.run(undefined, { name: 'thread' })
  await pool.close()
  await until(() => ended.length === 2, 'the end of the second thread is told')
  t.is(ended[1]!.how, 'retired')
  t.is(crashed.length, 1)
  t.deepEqual(closed, [{ pool: 'told threads', kind: 'threads', generation: 1 }])
})

test('a thread that its pool ends, by destroy or for a task that does not heed its abort, is no crash', async (t) => {
  const ended = hear(t, 'workpool:thread:ended', 'destroyed')
  const crashed = hear(t, 'workpool:thread:crashed', 'destroyed')
  const pool = threads(t, { name: 'destroyed', size: 1, grace: 1 })
  const cells = new Int32Array(new SharedArrayBuffer(16))
  await pool.ready()
  await rejection(pool.run(cells, { name: 'spin', timeout: 1 }))
  await until(() => ended.length === 1, 'the end is told')
  await pool.ready()
  const running = rejection(pool.run(cells, { name: 'pending' }))
  await pool.destroy()
  await running
  await until(() => ended.length === 2, 'both ends are told')
  t.deepEqual(
    ended.map(({ how }) => how),
    ['killed', 'killed'],
  )
  t.deepEqual(crashed, [])
})

test('a thread that is replaced says which limit of recycle it has reached', async (t) => {
  const recycled = hear(t, 'workpool:thread:recycled', 'worn out')
  const pool = threads(t, { name: 'worn out', size: 1, recycle: { tasks: 2 } })
  for (let task = 0; task < 4; task++) await pool.run(undefined, { name: 'thread' })
  await until(() => recycled.length === 2, 'both threads are told of')
  t.deepEqual(
    recycled.map(({ tasks, limit }) => ({ tasks, limit })),
    [
      { tasks: 2, limit: 'tasks' },
      { tasks: 2, limit: 'tasks' },
    ],
  )
})

test('a thread that never loads says so when it has ended', async (t) => {
  const ended = hear(t, 'workpool:thread:ended', 'unloadable')
  const pool = threads(t, { name: 'unloadable', filename: '/no/such/file.mjs' })
  await t.throwsAsync(pool.ready(), { code: 'ERR_POOL_WORKER_START' })
  await until(() => ended.length > 0, 'the end is told')
  t.is(ended[0]!.how, 'unloaded')
})

test('what one subscriber throws is an uncaught exception, and the pool and the other subscribers go on', async (t) => {
  const failing = (): never => {
    throw new Error('a subscriber fails')
  }
  const uncaught: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const catching = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', catching)
  subscribe('workpool:pool:tuned', failing)
  const tuned = hear(t, 'workpool:pool:tuned', 'goes on')
  try {
    await using pool = Pool.create({ name: 'goes on' })
    pool.tune(2)
    t.is(await pool.submit(() => 1), 1)
    await until(() => uncaught.length > 0, 'the error is uncaught')
    t.is(pool.capacity, 2)
    t.is(tuned.length, 1)
  } finally {
    unsubscribe('workpool:pool:tuned', failing)
    process.off('uncaughtException', catching)
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})

/** Names are API. */
const NAMES = [
  'workpool:pool:closed',
  'workpool:pool:created',
  'workpool:pool:tuned',
  'workpool:task:refused',
  'workpool:task:shed',
  'workpool:task:slow',
  'workpool:thread:crashed',
  'workpool:thread:ended',
  'workpool:thread:recycled',
  'workpool:thread:stalled',
  'workpool:thread:started',
]

/** Of the `TracingChannel` `workpool.task`. */
const EVENTS = ['asyncEnd', 'asyncStart', 'end', 'error', 'start']

test('the channels are those of the types and of the documentation', (t) => {
  const namesIn = (file: string, pattern: RegExp) =>
    [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, name]) => name!).toSorted()
  t.deepEqual(namesIn('index.d.ts', /^\s+"(workpool:[a-z:]+)":/gm), NAMES)
  t.deepEqual(namesIn('docs/tracing.md', /^\| `(workpool:[a-z:]+)` \|/gm), NAMES)
  t.deepEqual(namesIn('src/observe/task-channels.ts', /= ofTasks\('(\w+)'\)/g), EVENTS)
  const page = readFileSync('docs/tracing.md', 'utf8').replaceAll('\n', ' ')
  const [, first, others] = page.match(/`tracing:workpool\.task:(\w+)`, ((?:`\w+`(?:, | and ))+`\w+`) tell/)!
  t.deepEqual(
    [first, ...others!.matchAll(/\w+/g)]
      .map(String)
      .filter((name) => name !== 'and')
      .toSorted(),
    EVENTS,
  )
})
