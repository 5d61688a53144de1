// What a task hears of its end while it computes: `aborted` and `throwIfAborted` of currentTask (4.5).
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { TaskTimeoutError, ThreadPool } from 'workpool'
import { currentTask, maybeCurrentTask } from 'workpool/worker'

import { Remote } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'inside-tasks.mjs')).href
type Functions = Record<string, (...args: any[]) => any>
type Options = Partial<Parameters<typeof ThreadPool.create>[0]>

/** So long that no thread is ended for a loop that does not see its abort: the test fails instead. */
const GRACE = 60_000

function create(options: Options = {}) {
  const flags = new Int32Array(new SharedArrayBuffer(32))
  const pool = ThreadPool.create<Functions>({ filename, size: 1, grace: GRACE, workerData: flags, ...options })
  return { pool, flags }
}
const raised = (flags: Int32Array, place: number) =>
  until(() => Atomics.load(flags, place) !== 0, `flag ${place} is raised`)

test.serial('currentTask throws outside of a task, and maybeCurrentTask gives undefined', async (t) => {
  const isMisuse = {
    instanceOf: TypeError,
    code: 'ERR_POOL_OPTION',
    message: /before the first await.*maybeCurrentTask/,
  }
  t.throws(() => currentTask(), isMisuse)
  t.is(maybeCurrentTask(), undefined)
  const { pool } = create()
  const seen = await pool.tasks.where!()
  t.deepEqual([seen.name, seen.isSame, seen.maybe], ['where', true, undefined])
  for (const said of [seen.after, seen.atLoad])
    t.regex(said, /^TypeError ERR_POOL_OPTION: currentTask\(\) is called outside/)
  await pool.close()
})

test.serial('a synchronous loop sees its abort, ends, and its thread goes on', async (t) => {
  const { pool, flags } = create()
  const controller = new AbortController()
  const task = pool.run('result', { name: 'loops', signal: controller.signal })
  await raised(flags, 0)
  controller.abort(new Error('enough'))
  t.is((await rejection(task)).message, 'enough')
  await raised(flags, 1)
  t.is(Atomics.load(flags, 1), 1, 'an AbortError, as the reason has not arrived')
  t.is(await pool.run('next'), 'next')
  const { workers, cancelled } = pool.stats()
  t.deepEqual([workers.started, workers.crashed, cancelled], [1, 0, 1])
  await pool.close()
})

test.serial('a synchronous loop sees its timeout, and throwIfAborted says how long it was', async (t) => {
  const { pool, flags } = create()
  await t.throwsAsync(pool.run('result', { name: 'loops', timeout: 25 }), { instanceOf: TaskTimeoutError })
  await raised(flags, 1)
  t.is(Atomics.load(flags, 1), 25)
  t.is(await pool.run('next'), 'next')
  t.is(pool.stats().workers.started, 1)
  await pool.close()
})

test.serial('a synchronous loop sees its timeout while its owner is blocked', async (t) => {
  const { pool, flags } = create()
  const error = t.throws(() => pool.runSync('result', { name: 'loops', timeout: 25 }), { instanceOf: TaskTimeoutError })
  t.is(error.timeout, 25)
  // Only the thread could do that, as this isolate has not turned.
  t.is(Atomics.wait(flags, 1, 0, 10_000) === 'timed-out', false)
  t.is(Atomics.load(flags, 1), 25)
  t.is(pool.runSync('next'), 'next')
  await pool.close()
})

test.serial('a loop that an owner who does not turn cannot end sees its timeout', async (t) => {
  const { pool, flags } = create()
  const task = rejection(pool.run('result', { name: 'loops', timeout: 25 }))
  await raised(flags, 0)
  Atomics.wait(flags, 1, 0, 10_000)
  t.is(Atomics.load(flags, 1), 25)
  t.true(TaskTimeoutError.is(await task))
  await pool.close()
})

test.serial('throwIfAborted ends a synchronous loop', async (t) => {
  const { pool, flags } = create()
  const task = rejection(pool.run(0, { name: 'throwing', timeout: 25 }))
  await raised(flags, 0)
  t.true(TaskTimeoutError.is(await task))
  t.is(await pool.run('next'), 'next')
  t.is(pool.stats().workers.started, 1)
  await pool.close()
})

test.serial('of several tasks in a thread only the one that is aborted is told so', async (t) => {
  const { pool, flags } = create({ concurrency: 3 })
  const controller = new AbortController()
  const other = pool.tasks.looks!()
  await raised(flags, 0)
  Atomics.store(flags, 0, 0)
  // The other one cannot look before this one has ended.
  const loop = rejection(pool.run(0, { name: 'loops', signal: controller.signal }))
  await raised(flags, 0)
  controller.abort()
  t.is((await loop).name, 'AbortError')
  await raised(flags, 1)
  t.false(await other)
  await pool.close()
})

test.serial('the signal of the pool is seen, and the task settles by its own end', async (t) => {
  const controller = new AbortController()
  const { pool, flags } = create({ signal: controller.signal })
  const task = pool.run('result', { name: 'loops' })
  await raised(flags, 0)
  controller.abort()
  t.is(await task, 'result')
  t.is(Atomics.load(flags, 1), 1)
  await pool.close()
})

test.serial('a task that has ended keeps its answer, whatever becomes of the next one with its number', async (t) => {
  const { pool, flags } = create()
  t.false(await pool.tasks.keeps!())
  const controller = new AbortController()
  const next = rejection(pool.run(0, { name: 'asksKept', signal: controller.signal }))
  await raised(flags, 0)
  controller.abort()
  await next
  await raised(flags, 1)
  t.is(Atomics.load(flags, 1), 1)
  await pool.close()
})

test.serial('once the reason of the caller has arrived, throwIfAborted throws it', async (t) => {
  const { pool, flags } = create()
  const controller = new AbortController()
  const task = rejection(pool.run(0, { name: 'reason', signal: controller.signal }))
  await raised(flags, 0)
  controller.abort(new Error('enough'))
  await task
  await raised(flags, 1)
  t.is(Atomics.load(flags, 1), 1)
  await pool.close()
})

test.serial('a task is not aborted before it is, however many others of the pool are', async (t) => {
  const { pool, flags } = create({ size: 2 })
  const calm = pool.tasks.looks!()
  await raised(flags, 0)
  for (let round = 0; round < 5; round++) await rejection(pool.run(0, { name: 'throwing', timeout: 2 }))
  Atomics.store(flags, 1, 1)
  t.false(await calm)
  await pool.close()
})

test.serial('a guest of a shared pool aborts a loop, and so does its end', async (t) => {
  const name = 'loops of guests'
  const { pool, flags } = create({ name, shared: true })
  await pool.ready()
  const remote = await Remote.start()
  await remote.run(
    ({ ThreadPool, kept }, name, filename) => {
      kept.pool = ThreadPool.create({ name, shared: true, filename })
      kept.controller = new AbortController()
      kept.end = kept.pool.run(0, { name: 'loops', signal: kept.controller.signal }).catch((error: Error) => error.name)
    },
    name,
    filename,
  )
  await raised(flags, 0)
  t.is(await remote.run(({ kept }) => (kept.controller.abort(), kept.end)), 'AbortError')
  await raised(flags, 1)
  Atomics.store(flags, 0, 0)
  Atomics.store(flags, 1, 0)
  await remote.run(({ kept }) => void kept.pool.run(0, { name: 'loops' }).catch(() => {}))
  await raised(flags, 0)
  await remote.terminate()
  await raised(flags, 1)
  t.is(Atomics.load(flags, 1), 1)
  t.is(await pool.run('next'), 'next')
  t.is(pool.stats().workers.started, 1)
  await pool.close()
})

test.serial('a loop that does not look is ended after its grace, as before', async (t) => {
  const { pool } = create({ grace: 5 })
  await pool.ready()
  await rejection(pool.run(0, { name: 'throwing', timeout: 5 }))
  const error = await rejection(pool.run(1e12, { name: 'look', timeout: 5 }))
  t.true(TaskTimeoutError.is(error))
  await until(() => pool.stats().workers.crashed === 1, 'the thread is ended')
  await delay(0)
  await pool.close()
})
