import { join } from 'node:path'

import test from 'ava'
import {
  GroupTimeoutError,
  MultiPool,
  Pool,
  PoolClearedError,
  PoolClosedError,
  PoolError,
  PoolOverloadError,
  ReleaseTimeoutError,
  ResultTimeoutError,
  TaskTimeoutError,
  WaitTimeoutError,
} from 'workpool'

import { child } from '../support/child.js'
import { gate, occupy } from '../support/gate.js'
import { threads } from '../support/threads.js'
import { rejection } from '../support/until.js'

/** Those of futures, groups and a cleared queue. */
async function specimensOfScopes(name: string) {
  const pool = Pool.create({ name, size: 1 })
  const end = gate()
  const future = pool.future(() => end.promise)
  const late = await rejection(future.get({ timeout: 1 }))
  const waiting = rejection(pool.submit(() => 0))
  pool.clear()
  const group = pool.group({ timeout: 1 })
  group.submit(() => 0)
  const outOfTime = await rejection(group.join())
  end.open()
  return [late, await waiting, outOfTime]
}

/** One error of each class, as users meet it. */
async function specimens(name: string) {
  const pool = Pool.create({ name, size: 1, maxBlockingTasks: 2 })
  const end = gate()
  const taskTimeout = rejection(pool.submit(() => end.promise, { timeout: 1 }))
  const waitTimeout = rejection(pool.submit(() => 0, { waitTimeout: 200 }))
  const waiting = rejection(pool.submit(() => 0))
  const overload = rejection(pool.submit(() => 0))
  const timeouts = await Promise.all([taskTimeout, waitTimeout, overload])
  const releaseTimeout = await rejection(pool.releaseTimeout(1))
  const refused = await rejection(pool.submit(() => 0))
  end.open()
  return [...timeouts, releaseTimeout, refused, await waiting, ...(await specimensOfScopes(name))]
}

const table = [
  [TaskTimeoutError, 'TaskTimeoutError', 'ERR_POOL_TASK_TIMEOUT', true],
  [WaitTimeoutError, 'WaitTimeoutError', 'ERR_POOL_WAIT_TIMEOUT', true],
  [PoolOverloadError, 'PoolOverloadError', 'ERR_POOL_OVERLOAD', true],
  [ReleaseTimeoutError, 'ReleaseTimeoutError', 'ERR_POOL_RELEASE_TIMEOUT', false],
  [PoolClosedError, 'PoolClosedError', 'ERR_POOL_CLOSED', false],
  [PoolClosedError, 'PoolClosedError', 'ERR_POOL_CLOSED', false],
  [ResultTimeoutError, 'ResultTimeoutError', 'ERR_POOL_RESULT_TIMEOUT', true],
  [PoolClearedError, 'PoolClearedError', 'ERR_POOL_CLEARED', false],
  [GroupTimeoutError, 'GroupTimeoutError', 'ERR_POOL_GROUP_TIMEOUT', true],
] as const

test("errors of a pool have their class, name, code and retryable, and the pool's name in the message", async (t) => {
  const errors = await specimens('bakery-7')
  t.is(errors.length, table.length)
  for (const [i, [ErrorClass, name, code, retryable]] of table.entries()) {
    const error = errors[i]
    t.is(error.constructor, ErrorClass)
    t.true(error instanceof PoolError)
    t.true(error instanceof Error)
    t.is(error.name, name)
    t.is(error.code, code)
    t.is(error.retryable, retryable)
    t.regex(error.message, /bakery-7/)
    t.true(String(error).startsWith(`${name}: `), String(error))
    t.is(typeof error.stack, 'string')
  }
})

test('two refused tasks get two errors', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const waiting = [pool.submit(() => 0), pool.submit(() => 0)]
  pool.release()
  const [one, two] = await Promise.all(waiting.map(rejection))
  t.not(one, two)
  await finish()
})

test('a name may hold anything a string can', async (t) => {
  for (const name of ['with space', 'ünï ☃ 🥖', 'a"b\'c', '%s %d']) {
    const pool = Pool.create({ name })
    pool.release()
    t.true((await rejection(pool.submit(() => 0))).message.includes(name))
  }
})

test('unnamed pools are called pool-1, pool-2, …', async (t) => {
  t.timeout(15_000)
  const { code, stdout } = await child('unnamed')
  t.is(code, 0)
  const messages = stdout.trim().split('\n')
  t.is(messages.length, 3)
  for (const [i, message] of messages.entries()) t.regex(message, new RegExp(`\\bpool-${i + 1}\\b`))
})

// ── what an error says beside its class ─────────────────────────────────────────────────────────────────────────────

test('an overload says how many tasks wait, and the capacity', async (t) => {
  for (const nonblocking of [true, false]) {
    const pool = Pool.create({ name: 'full', size: 2, maxBlockingTasks: 3, nonblocking })
    const { finish } = occupy(pool, nonblocking ? 2 : 5)
    const refused: PoolOverloadError[] = [
      await rejection(pool.submit(() => 0)),
      await rejection(pool.submit(() => 0, { priority: 'high', timeout: 5 })),
      t.throws(() => pool.execute(() => 0), { instanceOf: PoolOverloadError })!,
    ]
    for (const { message, reason, waiting, capacity, retryAfter } of refused) {
      t.deepEqual(
        { reason, waiting, capacity, retryAfter },
        { reason: 'overload', waiting: nonblocking ? 0 : 3, capacity: 2, retryAfter: undefined },
      )
      const advice = 'submit again when tasks have ended'
      t.is(message, `the pool is full: capacity 2, ${waiting} waiting; ${advice} (pool "full")`)
    }
    pool.tune(1)
    t.is((await rejection(pool.submit(() => 0))).capacity, 1)
    await finish()
  }
})

test('an overload of a thread pool says the same, however its argument goes', async (t) => {
  const pool = threads(t, { size: 1, maxBlockingTasks: 1 })
  await pool.ready()
  const tasks = [pool.run(undefined, { name: 'pending' }), pool.run(undefined, { name: 'pending' })]
  const argument = new ArrayBuffer(8)
  for (const refused of [pool.run(1), pool.run(new Map()), pool.run(argument, { transfer: [argument] })]) {
    const { waiting, capacity } = await rejection(refused)
    t.deepEqual({ waiting, capacity }, { waiting: 1, capacity: 1 })
  }
  const ends = tasks.map(rejection)
  await pool.destroy()
  await Promise.all(ends)
})

test('an overload of several pools says the sums', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 3, maxBlockingTasks: 2 })
  const { finish } = occupy(multi, 10)
  const { waiting, capacity } = await rejection(multi.submit(() => 0))
  t.deepEqual({ waiting, capacity }, { waiting: 4, capacity: 6 })
  await finish()
})

test('a timeout says how long, and of which task', async (t) => {
  const pool = Pool.create({ name: 'slow', size: 1 })
  const end = gate()
  async function crawl() {
    await end.promise
  }
  const [late, unnamed, never] = await Promise.all([
    rejection(pool.submit(crawl, { timeout: 3 })),
    rejection(pool.submit(() => 0, { waitTimeout: 5 })),
    rejection(pool.submit(crawl, { waitTimeout: 0 })),
  ])
  t.deepEqual([late.timeout, late.task], [3, 'crawl'])
  t.is(late.message, 'the task "crawl" ran longer than its timeout of 3 ms (pool "slow")')
  t.deepEqual([unnamed.waitTimeout, unnamed.task], [5, undefined])
  t.is(unnamed.message, 'no worker was free within the waitTimeout of 5 ms (pool "slow")')
  t.deepEqual([never.waitTimeout, never.task], [0, 'crawl'])
  t.is(never.message, 'no worker is free for the task "crawl", and its waitTimeout is 0 (pool "slow")')
  end.open()
  await pool.close()
})

test('a timeout in a thread names the export', async (t) => {
  const pool = threads(t, { name: 'slow', size: 1 })
  await pool.ready()
  const late = rejection(pool.run(undefined, { name: 'pending', timeout: 7 }))
  const unserved = rejection(pool.run(0, { name: 'echo', waitTimeout: 1 }))
  t.deepEqual(pick(await unserved), { waitTimeout: 1, task: 'echo' })
  t.deepEqual(pick(await late), { timeout: 7, task: 'pending' })
  const blocked = t.throws(() => pool.runSync(undefined, { name: 'pending', timeout: 2 }), {
    instanceOf: TaskTimeoutError,
  })!
  t.deepEqual(pick(blocked), { timeout: 2, task: 'pending' })
  await pool.destroy()

  function pick(error: unknown): object {
    const { timeout, waitTimeout, task } = error as TaskTimeoutError & WaitTimeoutError
    return JSON.parse(JSON.stringify({ timeout, waitTimeout, task }))
  }
})

test('what execute loses to a timeout says the same', async (t) => {
  const seen: unknown[] = []
  const told = gate()
  const pool = Pool.create({ size: 1, panicHandler: (error) => void (seen.push(error), told.open()) })
  const { finish } = occupy(pool, 1)
  pool.execute(function late() {}, { waitTimeout: 2 })
  await told.promise
  const [{ waitTimeout, task }] = seen as [WaitTimeoutError]
  t.deepEqual({ waitTimeout, task }, { waitTimeout: 2, task: 'late' })
  await finish()
})

test('a release that times out says how many workers were left, and after how long', async (t) => {
  const pool = Pool.create({ name: 'held', size: 5 })
  const { finish } = occupy(pool, 3)
  for (const ended of [pool.releaseTimeout(2), pool.close({ timeout: 2 })]) {
    const error: ReleaseTimeoutError = await rejection(ended)
    t.deepEqual([error.workers, error.timeout], [3, 2])
    t.is(error.message, '3 workers were left after 2 ms (pool "held")')
  }
  await finish()
})

test('a release that times out counts the workers of the generation that it closed', async (t) => {
  const pool = Pool.create({ size: 5 })
  const old = occupy(pool, 2)
  const closing = rejection(pool.close({ timeout: 5 }))
  pool.reboot()
  const young = occupy(pool, 4)
  t.is((await closing).workers, 2)
  await Promise.all([old.finish(), young.finish()])
})

test('details of errors are properties of their own: they are logged, and cross threads', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const { finish } = occupy(pool, 1)
  const error: PoolOverloadError = await rejection(pool.submit(() => 0))
  t.deepEqual(JSON.parse(JSON.stringify(error)), {
    code: 'ERR_POOL_OVERLOAD',
    retryable: true,
    reason: 'overload',
    waiting: 0,
    capacity: 1,
  })
  await finish()
  const [late, cleared, outOfTime] = await specimensOfScopes('inner')
  const filename = join(process.cwd(), '__test__', 'fixtures', 'pool-errors.mjs')
  const inThread = threads(t, { size: 1, filename })
  for (const [error, name, details] of [
    [late, 'resultTimeout', { code: 'ERR_POOL_RESULT_TIMEOUT', retryable: true, timeout: 1 }],
    [cleared, 'cleared', { code: 'ERR_POOL_CLEARED', retryable: false }],
    [outOfTime, 'groupTimeout', { code: 'ERR_POOL_GROUP_TIMEOUT', retryable: true, timeout: 1 }],
  ]) {
    t.deepEqual(JSON.parse(JSON.stringify(error)), details)
    const thrown = await rejection(inThread.run(undefined, { name }))
    t.is(thrown.name, error.name)
    t.is(thrown.message, error.message)
    t.like(thrown, details, 'thrown in a thread')
  }
})

for (const [file, why] of [
  ['missing.mjs', /Cannot find module/],
  ['broken-throw.mjs', /Error: /],
  ['exits.mjs', /exit code 3/],
] as const) {
  test(`a WorkerStartError names the file and says why: ${file}`, async (t) => {
    const filename = join(process.cwd(), '__test__', 'fixtures', file)
    const pool = threads(t, { name: 'bakery', size: 1, filename })
    const error = await rejection(pool.run(1))
    t.is(error.code, 'ERR_POOL_WORKER_START')
    t.true(error.message.startsWith(`no thread could load ${filename}: `), error.message)
    t.regex(error.message, why)
    t.regex(error.message, /^[^\n]*\(pool "bakery"\)$/)
    t.is((await rejection(pool.ready())).message, error.message)
  })
}
