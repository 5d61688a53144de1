// Cancelling jobs, wherever they are. The store is the one that JOBS_STORE names.
import { randomUUID } from 'node:crypto'

import test from 'ava'
import { type JobCancelledError, Jobs } from 'workpool/jobs'

import { eventually, openBoth, openJobs, openThreads, silent, where, prepare } from '../support/jobs.js'
import { reaches } from '../support/cells.js'
import { rejection } from '../support/until.js'

prepare(test)

test('a job that waits or is delayed is removed, never runs, and whoever waits for it is told', async (t) => {
  const jobs = await openJobs(t)
  for (const options of [{}, { priority: 3 }, { delay: 600_000 }]) {
    const job = await jobs.add('hold', 'x', options)
    const result = rejection(job.result())
    // What waits has to hear of it before it is removed.
    await job.state()
    t.is(await job.cancel('no longer wanted'), 'removed')
    const error: JobCancelledError = await result
    t.is(error.code, 'ERR_POOL_JOB_CANCELLED')
    t.is(error.id, job.id)
    t.is(error.reason, 'no longer wanted')
    t.regex(error.message, /was cancelled: no longer wanted \(queue "test-/)
    t.is(await job.state(), 'cancelled')
    t.is(await jobs.get(job.id), undefined)
  }
  const { threads, cells } = openThreads(t)
  jobs.work(threads)
  t.is(await (await jobs.add('double', 1)).result(), 2)
  t.is(cells[0], 0)
})

test('a job that runs is aborted, is not tried again, and is no failed job', async (t) => {
  const { jobs, cells } = await openBoth(t, {}, { grace: 10_000 })
  const job = await jobs.add('hold', 'x')
  await reaches(cells, 0, 1)
  t.is(await jobs.cancel(job.id, 'enough'), 'signalled')
  const error: JobCancelledError = await rejection(job.result())
  t.is(error.name, 'JobCancelledError')
  t.is(error.reason, 'enough')
  await reaches(cells, 2, 1)
  t.is(await job.state(), 'cancelled')
  t.is(cells[0], 1)
  t.deepEqual(await jobs.failed(), [])
  t.is(await jobs.replay(), 0)
  t.is(await jobs.cancel(job.id), 'finished')
})

test('a job of another one who works is aborted as well', async (t) => {
  const { threads, cells } = openThreads(t, { grace: 10_000 })
  const queue = `test-${randomUUID()}`
  const node = await openJobs(t, { queue })
  node.work(threads)
  // Of its own connections, as in another process.
  const caller = await Jobs.open(where(), { queue, logger: silent })
  t.teardown(() => caller.close())
  const job = await caller.add('hold', 'x')
  await reaches(cells, 0, 1)
  t.is(await job.cancel(), 'signalled')
  t.is((await rejection(job.result())).reason, undefined)
  await reaches(cells, 2, 1)
})

test('a task that does not heed its signal is ended in its thread', async (t) => {
  const { jobs, cells } = await openBoth(t, {}, { size: 1 })
  const job = await jobs.add('spin', undefined as never)
  await reaches(cells, 0, 1)
  t.is(await job.cancel(), 'signalled')
  await rejection(job.result())
  t.is(await (await jobs.add('double', 2)).result(), 4)
})

test('a job that waits for its next attempt is removed', async (t) => {
  const { jobs, cells } = await openBoth(t)
  const job = await jobs.add('fail', {}, { backoff: { type: 'fixed', delay: 600_000 } })
  await eventually(async () => (await job.state()) === 'delayed', 'the first attempt has failed')
  t.is(await job.cancel(), 'removed')
  t.is((await rejection(job.result())).code, 'ERR_POOL_JOB_CANCELLED')
  t.is(await job.state(), 'cancelled')
  t.is(cells[0], 1)
})

test('what has ended is finished, and what is not there is unknown', async (t) => {
  const { jobs } = await openBoth(t)
  const job = await jobs.add('double', 1)
  await job.result()
  t.is(await jobs.cancel(job.id), 'finished')
  t.is(await job.result(), 2, 'it has kept its result')
  t.is(await jobs.cancel('nobody'), 'unknown')
  t.is((await rejection(jobs.cancel(5 as never))).code, 'ERR_POOL_OPTION')
  t.is((await rejection(job.cancel(5 as never))).code, 'ERR_POOL_OPTION')
})

test('a unique key is free when its job was cancelled', async (t) => {
  const jobs = await openJobs(t)
  const first = await jobs.add('double', 1, { unique: 'one' })
  t.is(await first.cancel(), 'removed')
  const second = await jobs.add('double', 2, { unique: 'one' })
  t.not(second.id, first.id)
})
