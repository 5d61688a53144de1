// How leases are kept, and what becomes of jobs whose lease is lost. The store is the one that JOBS_STORE names.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import test from 'ava'
import { type JobFailedError } from 'workpool/jobs'

import { DEADLINE_MS, openBoth, prepare, store, where } from '../support/jobs.js'
import { reaches } from '../support/cells.js'
import { rejection } from '../support/until.js'

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

/** Has another process work on the queue until the job has ended. This one is silent meanwhile, as if it were suspended. */
function loseTo(queue: string, id: string): string {
  const fixture = join(process.cwd(), '__test__', 'fixtures', 'job-thief.mjs')
  const { stdout, stderr } = spawnSync(process.execPath, [fixture, where(), queue, id], {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  })
  return stdout.trim() || stderr
}

/** A folder has one process, to which nobody can lose a job. */
const hasOthers = store() !== 'file'
if (!hasOthers) console.log('file: no other process can take a job, so no lease is lost')

if (hasOthers) {
  test.serial('a node that is silent for longer than the lease loses the job, and aborts its task', async (t) => {
    const queue = `test-${randomUUID()}`
    const { jobs, cells } = await openBoth(t, { queue, lease: 1_000 }, { grace: 10_000 })
    const job = await jobs.add('hold', 'x', { attempts: 2 })
    await reaches(cells, 0, 1)
    t.is(loseTo(queue, job.id), 'x, begun 1 times')
    await reaches(cells, 2, 1)
    t.is(await job.result(), 'x')
    t.is(cells[0], 1)
  })

  test.serial('a job whose lease was lost in its last attempt has failed, and does not run again', async (t) => {
    const queue = `test-${randomUUID()}`
    const { jobs, cells } = await openBoth(t, { queue, lease: 1_000 }, { grace: 10_000 })
    const job = await jobs.add('hold', 'x', { attempts: 1 })
    await reaches(cells, 0, 1)
    t.is(loseTo(queue, job.id), 'LeaseLostError, begun 0 times')
    const error: JobFailedError = await rejection(job.result())
    t.is(error.cause.name, 'LeaseLostError')
    t.is(error.attempts, 1)
    await reaches(cells, 2, 1)
    t.is(cells[0], 1)
  })
}
