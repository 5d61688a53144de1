import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, type TaskInfo } from 'workpool'

import { child } from '../support/child.js'
import { gate, occupy } from '../support/gate.js'
import { Recorder, shows } from '../support/recorder.js'
import { rejection } from '../support/until.js'

test('a task that fails rejects its own promise and touches nobody else', async (t) => {
  const pool = Pool.create({ size: 2 })
  const error = new Error('one of them')
  const tasks = Array.from({ length: 11 }, (_, i) =>
    pool.submit(async () => {
      await turn()
      if (i === 5) throw error
      return i
    }),
  )
  const results = await Promise.allSettled(tasks)
  t.deepEqual(results[5], { status: 'rejected', reason: error })
  t.is(results.filter(({ status }) => status === 'fulfilled').length, 10)
  const { completed, failed } = pool.stats()
  t.deepEqual({ completed, failed }, { completed: 10, failed: 1 })
})

test('failing tasks do not use up workers', async (t) => {
  const pool = Pool.create({ size: 2 })
  for (let i = 0; i < 50; i++) await rejection(pool.submit(() => Promise.reject(new Error('fails'))))
  t.deepEqual(
    await Promise.all(Array.from({ length: 10 }, (_, i) => pool.submit(() => i))),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
  t.is(pool.stats().failed, 50)
})

test('whatever is thrown arrives as it is', async (t) => {
  const pool = Pool.create({ size: 1 })
  for (const reason of [undefined, null, 0, '', 'text', Symbol.iterator, { code: 1 }, new TypeError('type')]) {
    t.is(await rejection(pool.submit(() => Promise.reject(reason))), reason)
    const thrown = pool.submit(() => {
      throw reason
    })
    t.is(await rejection(thrown), reason)
  }
})

test('panicHandler is called once per failed task, with the error and the task, before its promise settles', async (t) => {
  const seen: [unknown, TaskInfo][] = []
  const pool = Pool.create({ name: 'bakery', size: 1, panicHandler: (error, task) => void seen.push([error, task]) })
  const thrown = new Error('thrown')
  const rejected = new Error('rejected')
  const first = pool.submit(() => {
    throw thrown
  })
  t.is(await rejection(first.finally(() => t.is(seen.length, 1))), thrown)
  await pool.submit(() => 'fine')
  const second = pool.submit(
    async () => {
      await turn()
      throw rejected
    },
    { priority: 'low' },
  )
  t.is(await rejection(second.finally(() => t.is(seen.length, 2))), rejected)
  t.is(seen[0]![0], thrown)
  t.is(seen[1]![0], rejected)
  const [one, two] = [seen[0]![1], seen[1]![1]]
  t.is(one.pool, 'bakery')
  t.is(one.priority, 1)
  t.is(two.priority, 2)
  t.is(typeof one.id, 'number')
  t.not(one.id, two.id)
  for (const { waitMs, runMs } of [one, two]) {
    t.true(waitMs >= 0 && Number.isFinite(waitMs))
    t.true(runMs >= 0 && Number.isFinite(runMs))
  }
})

test("panicHandler is told the name of the task's function, if it has one", async (t) => {
  const names: (string | undefined)[] = []
  const pool = Pool.create({ size: 1, panicHandler: (_, { name }) => void names.push(name) })
  async function bake() {
    throw new Error('burnt')
  }
  await rejection(pool.submit(bake))
  await rejection(pool.submit(() => Promise.reject(new Error('anonymous'))))
  t.deepEqual(names, ['bake', undefined])
})

test('waitMs and runMs tell how long the task waited and ran', async (t) => {
  const seen = gate<TaskInfo>()
  const pool = Pool.create({ size: 1, panicHandler: (_, task) => seen.open(task) })
  const { finish } = occupy(pool, 1)
  const end = gate()
  const task = pool.submit(() => end.promise)
  const submitted = performance.now()
  await rejection(pool.submit(() => 0, { waitTimeout: 30 }))
  const waited = performance.now() - submitted
  await finish()
  const start = performance.now()
  const failed = rejection(task)
  const control = Pool.create({ size: 1 })
  const other = occupy(control, 1)
  await rejection(control.submit(() => 0, { waitTimeout: 40 }))
  const ran = performance.now() - start
  end.fail(new Error('fails'))
  await failed
  await other.finish()
  const { waitMs, runMs } = await seen.promise
  t.true(waitMs >= waited, `waitMs ${waitMs} of at least ${waited}`)
  t.true(runMs >= ran, `runMs ${runMs} of at least ${ran}`)
})

test('overloads, timeouts, aborts and releases are no panics', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1, panicHandler: () => t.fail('panicHandler was called') })
  const end = gate()
  const timedOut = pool.submit(() => end.promise, { timeout: 2 })
  const impatient = pool.submit(() => 0, { waitTimeout: 200 })
  await rejection(pool.submit(() => 0))
  await rejection(timedOut)
  await rejection(impatient)
  const controller = new AbortController()
  const aborted = pool.submit(() => 0, { signal: controller.signal })
  controller.abort()
  await rejection(aborted)
  const released = pool.submit(() => 0)
  pool.release()
  await rejection(released)
  await rejection(pool.submit(() => 0))
  end.open()
  await pool.close()
  t.pass()
})

test('a panicHandler that throws is logged, and the task still rejects with its own error', async (t) => {
  const logger = new Recorder()
  const inHandler = new Error('in the handler')
  const pool = Pool.create({
    size: 1,
    logger,
    panicHandler() {
      throw inHandler
    },
  })
  const error = new Error('in the task')
  t.is(await rejection(pool.submit(() => Promise.reject(error))), error)
  const thrown = pool.submit(() => {
    throw error
  })
  t.is(await rejection(thrown), error)
  t.is(logger.complaints.length, 2)
  t.true(logger.complaints.every((entry) => shows(entry, inHandler)))
  t.is(await pool.submit(() => 'fine'), 'fine')
})

test('a panicHandler that rejects is logged, and the task still rejects with its own error', async (t) => {
  const logger = new Recorder()
  const inHandler = new Error('in the handler')
  const pool = Pool.create({ size: 1, logger, panicHandler: () => Promise.reject(inHandler) as never })
  const error = new Error('in the task')
  t.is(await rejection(pool.submit(() => Promise.reject(error))), error)
  await turn()
  t.is(logger.complaints.length, 1)
  t.true(shows(logger.complaints[0]!, inHandler))
})

test('a panicHandler may use its pool', async (t) => {
  const inside = gate<string>()
  const pool: Pool = Pool.create<void>({
    size: 1,
    panicHandler: () => void pool.submit(() => 'from the handler').then(inside.open),
  })
  await rejection(pool.submit(() => Promise.reject(new Error('fails'))))
  t.is(await inside.promise, 'from the handler')
})

test('a failing task whose promise nobody holds does not end the process when panicHandler is set', async (t) => {
  t.timeout(15_000)
  for (const handler of ['quiet', 'throwing', 'rejecting']) {
    const { code, stdout, hung } = await child('unheld-failure', { args: [handler] })
    t.deepEqual({ code, hung }, { code: 0, hung: false }, handler)
    t.is(stdout, 'handled thrown\nhandled rejected\nalive\n', handler)
  }
})

test('a failing task whose promise nobody holds is an unhandledRejection without panicHandler', async (t) => {
  t.timeout(15_000)
  const { code, stdout, stderr, hung } = await child('unheld-failure', { args: ['none'] })
  t.deepEqual({ code, hung }, { code: 1, hung: false })
  t.is(stdout, '')
  t.regex(stderr, /Error: thrown/)
})

test('an unheld task that is aborted, timed out or released is an unhandledRejection also with panicHandler', async (t) => {
  t.timeout(30_000)
  for (const end of ['abort', 'timeout', 'release']) {
    const { code, stdout, hung } = await child('unheld-end', { args: [end] })
    t.deepEqual({ code, hung, stdout }, { code: 1, hung: false, stdout: '' }, end)
  }
})
