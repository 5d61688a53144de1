// How leases are kept, and what becomes of jobs whose lease is lost. The store is the one that JOBS_STORE names.
import test from 'ava'
import { type JobFailedError } from 'workpool/jobs'

import { nextEvent, openBoth, prepare } from '../support/jobs.js'
import { reaches } from '../support/cells.js'
import { block, rejection } from '../support/until.js'

prepare(test)

test.serial(
  'a deadline ends a task that spins, in its thread, and uses up an attempt, while the lease is kept',
  async (t) => {
    const { jobs, cells, threads } = await openBoth(t, { lease: 4_000 }, { size: 1 })
    const job = await jobs.add('spin', undefined as never, { timeout: 6_000, attempts: 1 })
    const error: JobFailedError = await rejection(job.result())
    t.is(error.cause.name, 'TaskTimeoutError')
    t.is(error.attempts, 1)
    t.is(cells[0], 1, 'nobody else has taken it meanwhile')
    t.is(threads.stats().timedOut, 1)
    t.is(await (await jobs.add('double', 4)).result(), 8, 'the thread was replaced')
  },
)

test.serial(
  'a node that is silent for longer than the lease loses the job, its task is aborted, and that is an attempt',
  async (t) => {
    const { jobs, cells } = await openBoth(t, { lease: 1_000 }, { grace: 10_000 })
    const job = await jobs.add('hold', 'x', { attempts: 2 })
    await reaches(cells, 0, 1)
    const stalled = nextEvent(jobs, 'stalled')
    // As a long garbage collection or a suspended machine would.
    block(4_000)
    t.deepEqual(await stalled, { id: job.id })
    await reaches(cells, 2, 1)
    await reaches(cells, 0, 2)
    Atomics.store(cells, 1, 1)
    t.is(await job.result(), 'x')
  },
)

test.serial('a job whose lease was lost in its last attempt has failed', async (t) => {
  const { jobs, cells } = await openBoth(t, { lease: 1_000 }, { grace: 10_000 })
  const job = await jobs.add('hold', 'x', { attempts: 1 })
  await reaches(cells, 0, 1)
  block(4_000)
  const error: JobFailedError = await rejection(job.result())
  t.is(error.cause.name, 'LeaseLostError')
  t.is(error.attempts, 1)
  t.is(cells[0], 1, 'it did not run again')
})
