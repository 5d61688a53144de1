// The list of failed jobs, and running them once more. The store is the one that JOBS_STORE names.
import { randomUUID } from 'node:crypto'

import test from 'ava'
import { Jobs } from 'workpool/jobs'

import { eventually, openBoth, silent, where, prepare } from '../support/jobs.js'
import { rejection } from '../support/until.js'

prepare(test)

const once = { defaults: { attempts: 1 } }

test('failed lists jobs that have failed for good, the latest first, with what is known of them', async (t) => {
  const { jobs } = await openBoth(t, { defaults: { attempts: 2, backoff: { type: 'fixed', delay: 1 } } })
  const before = Date.now()
  for (const message of ['one', 'two', 'three']) await rejection((await jobs.add('fail', { message })).result())
  await rejection((await jobs.add('failUntil', 9)).result())
  await (await jobs.add('double', 1)).result()
  const all = await jobs.failed()
  t.deepEqual(
    all.map(({ error }) => error.message),
    ['begun 8 times', 'three', 'two', 'one'],
  )
  const [, three] = all
  t.is(three!.task, 'fail')
  t.deepEqual(three!.argument, { message: 'three' })
  t.is(three!.attempts, 2)
  t.is(three!.error.name, 'Error')
  t.regex(three!.error.stack, /^Error: three\n {4}at fail /)
  t.true(three!.error.stack.length <= 2_000)
  t.true(three!.addedAt >= before && three!.failedAt >= three!.addedAt && three!.failedAt <= Date.now())
  t.false('traceId' in three!)
  const messages = async (options: object) => (await jobs.failed(options)).map(({ error }) => error.message)
  t.deepEqual(await messages({ offset: 1, limit: 2 }), ['three', 'two'])
  t.deepEqual(await messages({ name: 'fail', offset: 1 }), ['two', 'one'])
  t.deepEqual(await messages({ name: 'nothing' }), [])
  for (const options of [{ offset: -1 }, { limit: 0 }, { task: 'fail' }]) {
    t.is((await rejection(jobs.failed(options as never))).code, 'ERR_POOL_OPTION')
  }
})

test('more failed jobs than a page are listed, and cancelled ones are left out', async (t) => {
  const { jobs } = await openBoth(t, once, { concurrency: 8 })
  await jobs.addAll(Array.from({ length: 130 }, (_, index) => ({ task: 'fail', argument: { message: `${index}` } })))
  await jobs.drain()
  t.is((await jobs.failed({ limit: 1_000 })).length, 130)
  t.is((await jobs.failed()).length, 100)
  t.is((await jobs.failed({ offset: 120 })).length, 10)
})

test('replay runs a failed job once more, under its id and with all its attempts', async (t) => {
  const { jobs, cells } = await openBoth(t, { defaults: { attempts: 2, backoff: { type: 'fixed', delay: 1 } } })
  const job = await jobs.add('failUntil', 4)
  await rejection(job.result())
  t.is(await jobs.replay(job.id), 1)
  t.is(await job.result(), 4)
  t.is(cells[0], 4)
  t.deepEqual(await jobs.failed(), [])
  t.is(await jobs.replay(job.id), 0, 'it has completed')
  t.is(await jobs.replay('nobody'), 0)
})

test('replay without an id runs all failed jobs, each once, whoever else replays', async (t) => {
  const queue = `test-${randomUUID()}`
  const { jobs, cells, worker } = await openBoth(t, { ...once, queue })
  const other = await Jobs.open(where(), { queue, logger: silent })
  t.teardown(() => other.close())
  const added = await jobs.addAll([1, 2, 3, 4, 5].map(() => ({ task: 'failUntil', argument: 6 })))
  await jobs.drain()
  t.is((await jobs.failed()).length, 5)
  worker.pause()
  const counts = await Promise.all([jobs.replay(), other.replay(), jobs.replay()])
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    5,
  )
  await eventually(async () => (await jobs.stats()).waiting === 5, 'all wait again')
  t.is(cells[0], 5)
  worker.resume()
  await Promise.all(added.map((job) => job.result()))
  t.is(cells[0], 10)
})
