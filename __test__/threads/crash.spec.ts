// A thread that dies takes the tasks it has begun with it, and nothing else.
import { Worker, type WorkerOptions } from 'node:worker_threads'

import test from 'ava'
import { type TaskInfo, WorkerCrashedError } from 'workpool'

import { begun, cells, open } from '../support/cells.js'
import { threads } from '../support/threads.js'
import { rejection } from '../support/until.js'

for (const [how, name, argument, exitCode] of [
  ['exit(0)', 'exit', 0, 0],
  ['exit(3)', 'exit', 3, 3],
  ['exit(4) after an await', 'exitLater', 4, 4],
] as const) {
  test(`${how} in a task rejects it with the exit code`, async (t) => {
    const pool = threads(t, { name: 'bakery', size: 1 })
    const error = await rejection(pool.run(argument, { name }))
    t.true(error instanceof WorkerCrashedError)
    t.like(error, { code: 'ERR_POOL_WORKER_CRASHED', exitCode, retryable: true })
    t.regex(error.message, /bakery/)
    t.is(await pool.run('alive'), 'alive')
    t.like(pool.stats(), { failed: 1, completed: 1, submitted: 2, unsettled: 0, workers: { started: 2, crashed: 1 } })
  })
}

for (const [how, name] of [
  ['an uncaught exception', 'throwMeanwhile'],
  ['an unhandled rejection', 'rejectMeanwhile'],
] as const) {
  test(`${how} beside a task rejects it, with what was thrown as the cause`, async (t) => {
    const pool = threads(t, { size: 1 })
    const error = await rejection(pool.run('not caught', { name }))
    t.like(error, { code: 'ERR_POOL_WORKER_CRASHED', exitCode: 1 })
    t.true(error.cause instanceof TypeError)
    t.is(error.cause.message, 'not caught')
    t.is(await pool.run('alive'), 'alive')
    t.is(pool.stats().workers.crashed, 1)
  })
}

for (const name of ['throwLater', 'rejectLater']) {
  test(`${name}: a failure outside of any task ends the thread and rejects nothing that had not begun`, async (t) => {
    const pool = threads(t, { size: 1 })
    await pool.run('late', { name })
    const results = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => pool.run(i)))
    // At most the one that it had begun.
    t.true(results.filter(({ status }) => status === 'rejected').length <= 1)
    for (const result of results) if (result.status === 'rejected') t.is(result.reason.code, 'ERR_POOL_WORKER_CRASHED')
    t.is(await pool.run('alive'), 'alive')
  })
}

test('a thread out of memory rejects its task, and the pool goes on', async (t) => {
  const pool = threads(t, { size: 1, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 } })
  const error = await rejection(pool.run(undefined, { name: 'exhaust' }))
  t.like(error, { code: 'ERR_POOL_WORKER_CRASHED', exitCode: 1 })
  t.is(error.cause?.code, 'ERR_WORKER_OUT_OF_MEMORY')
  t.is(await pool.run('alive'), 'alive')
})

test('tasks that wait behind one that exits are not lost, and each settles once', async (t) => {
  const pool = threads(t, { size: 1 })
  const settled: number[] = []
  const tasks = Array.from({ length: 50 }, (_, i) =>
    (i % 10 === 0 ? pool.run(5, { name: 'exit' }) : pool.run(i)).then(
      (value) => void settled.push(value as number),
      (error) => {
        t.is(error.exitCode, 5)
        settled.push(i)
      },
    ),
  )
  await Promise.all(tasks)
  t.deepEqual(
    settled,
    Array.from({ length: 50 }, (_, i) => i),
  )
  t.like(pool.stats(), { submitted: 50, unsettled: 0, completed: 45, failed: 5, workers: { crashed: 5 } })
})

test('with several tasks on one thread all that had begun reject, the others run elsewhere', async (t) => {
  const pool = threads(t, { size: 1, concurrency: 3 })
  const gate = cells()
  const victims = [pool.run(gate, { name: 'pending' }), pool.run(gate, { name: 'pending' })].map(rejection)
  await begun(gate, 2)
  const waiting = Array.from({ length: 5 }, (_, i) =>
    pool.run(6, { name: 'exit' }).catch((error) => [i, error.exitCode]),
  )
  const errors = await Promise.all(victims)
  for (const error of errors) t.is(error.code, 'ERR_POOL_WORKER_CRASHED')
  t.deepEqual(
    await Promise.all(waiting),
    [0, 1, 2, 3, 4].map((i) => [i, 6]),
  )
  t.is(await pool.run('alive'), 'alive')
  t.is(pool.stats().failed, 7)
})

test('one thread that dies leaves the tasks of the others alone', async (t) => {
  const pool = threads(t, { size: 3 })
  const gate = cells()
  const others = [pool.tasks.gated!(gate, 'a'), pool.tasks.gated!(gate, 'b')]
  await begun(gate, 2)
  t.is((await rejection(pool.tasks.exit!(1))).exitCode, 1)
  open(gate)
  t.deepEqual(await Promise.all(others), ['a', 'b'])
})

test('a task handed over but not begun runs on another thread', async (t) => {
  const pool = threads(t, { size: 1 })
  await pool.ready()
  for (let round = 0; round < 20; round++) {
    const results = await Promise.allSettled([pool.run(1, { name: 'exit' }), pool.run('a'), pool.run('b')])
    t.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.exitCode)),
      [1, 'a', 'b'],
    )
  }
  t.like(pool.stats(), { failed: 20, completed: 40, unsettled: 0 })
})

test('panicHandler sees crashes and failures, each once, before the promise settles', async (t) => {
  const seen: [any, TaskInfo][] = []
  const pool = threads(t, { name: 'bakery', size: 1, panicHandler: (error, task) => void seen.push([error, task]) })
  const tasks: [string, unknown, string][] = [
    ['fail', 'thrown', 'thrown'],
    ['failAsync', 'rejected', 'rejected'],
    ['exit', 2, 'exit'],
  ]
  for (const [name, argument] of tasks) {
    const before = seen.length
    const error = await rejection(
      pool.run(argument, { name, priority: 2 }).finally(() => t.is(seen.length, before + 1, 'called before')),
    )
    t.is(seen.at(-1)![0], error)
  }
  t.is(await pool.run('alive'), 'alive')
  t.is(seen.length, 3)
  for (const [index, [, info]] of seen.entries()) {
    t.like(info, { pool: 'bakery', name: tasks[index]![0], priority: 2 })
    t.true(info.waitMs >= 0 && info.runMs >= 0 && info.id >= 0, JSON.stringify(info))
  }
  t.is(new Set(seen.map(([, { id }]) => id)).size, 3)
})

test('panicHandler does not see overloads, timeouts, aborts and closing', async (t) => {
  const seen: unknown[] = []
  const pool = threads(t, { size: 1, maxBlockingTasks: 1, panicHandler: (error) => void seen.push(error) })
  await pool.ready()
  const gate = cells()
  const controller = new AbortController()
  const running = pool.tasks.gatedAsync!(gate, 'done')
  await begun(gate)
  const aborted = rejection(pool.run(1, { signal: controller.signal }))
  const refused = await rejection(pool.run(1))
  controller.abort()
  t.is((await aborted).name, 'AbortError')
  const late = await rejection(pool.run(1, { waitTimeout: 1 }))
  const codes = [refused, late].map(({ code }) => code)
  t.deepEqual(codes, ['ERR_POOL_OVERLOAD', 'ERR_POOL_WAIT_TIMEOUT'])
  open(gate)
  await running
  const timedOut = await rejection(pool.run(undefined, { name: 'pending', timeout: 5 }))
  t.is(timedOut.code, 'ERR_POOL_TASK_TIMEOUT')
  t.deepEqual(seen, [])
})

test('a failure that panicHandler has seen is no unhandled rejection', async (t) => {
  const pool = threads(t, { size: 1, panicHandler: () => {} })
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  void pool.run('nobody looks', { name: 'fail' })
  void pool.run(1, { name: 'exit' })
  await pool.drain()
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(unhandled, [])
})

test('a thread that dies before its owner has heard that it is to be taken down is counted once', async (t) => {
  const made: Worker[] = []
  const createWorker = (url: URL, options: WorkerOptions): Worker => {
    const worker = new Worker(url, options)
    made.push(worker)
    return worker
  }
  const pool = threads(t, { size: 1, expiry: 100, createWorker })
  t.is(await pool.run('alive'), 'alive')
  // Meanwhile the reaper retires the thread; that is heard in the event loop, and the thread's end before it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  made[0]!.emit('exit', 3)
  await made[0]!.terminate()
  const { running, busy, idle, workers } = pool.stats()
  t.deepEqual([running, busy, idle], [0, 0, 0])
  // If the owner was slow it has heard of the order before all this.
  t.is(workers.retired + workers.crashed, 1)
  t.is(await pool.run('again'), 'again')
})
