// Waiting for results and hearing of jobs. The store is the one that JOBS_STORE names.
import { randomUUID } from 'node:crypto'

import test from 'ava'
import { Jobs } from 'workpool/jobs'

import { nextEvent, openBoth, openJobs, openThreads, silent, where, prepare } from '../support/jobs.js'
import { reaches } from '../support/cells.js'
import { rejection } from '../support/until.js'

prepare(test)

test('a result comes to whoever waits, before and after the end, on other connections too', async (t) => {
  const queue = `test-${randomUUID()}`
  const { jobs, cells } = await openBoth(t, { queue })
  const other = await Jobs.open(where(), { queue, logger: silent })
  t.teardown(() => other.close())
  const job = await jobs.add('hold', 'x')
  const there = (await other.get(job.id))!
  const early = [job.result(), job.result(), there.result()]
  await reaches(cells, 0, 1)
  Atomics.store(cells, 1, 1)
  t.deepEqual(await Promise.all(early), ['x', 'x', 'x'])
  t.is(await there.result(), 'x')
  t.is(await there.state(), 'completed')
})

test('timeout and signal end the waiting and not the job', async (t) => {
  const { jobs, cells } = await openBoth(t)
  const job = await jobs.add('hold', 'x')
  const late = await rejection(job.result({ timeout: 30 }))
  t.is(late.code, 'ERR_POOL_RESULT_TIMEOUT')
  const controller = new AbortController()
  const aborted = rejection(job.result({ signal: controller.signal }))
  await reaches(cells, 0, 1)
  controller.abort('bored')
  t.is(await aborted, 'bored')
  t.is(await rejection(job.result({ signal: AbortSignal.abort('before') })), 'before')
  t.is(await job.state(), 'running')
  Atomics.store(cells, 1, 1)
  t.is(await job.result(), 'x')
  for (const options of [{ timeout: -1 }, { signal: 5 }, { timout: 1 }]) {
    t.is((await rejection(job.result(options as never))).code, 'ERR_POOL_OPTION')
  }
})

test('a job that the store does not have is lost', async (t) => {
  const { jobs } = await openBoth(t)
  const job = await jobs.add('double', 1, { keep: { completed: 0 } })
  const result = job.result()
  t.is(await result, 2, 'who waits gets a result that is not kept')
  t.is(await job.state(), 'unknown')
  const error = await rejection(job.result())
  t.is(error.code, 'ERR_POOL_JOB_LOST')
  t.is(error.id, job.id)
})

test('progress comes in order, until the job has ended', async (t) => {
  const { jobs, cells } = await openBoth(t)
  const job = await jobs.add('steps', 4)
  const seen: unknown[] = []
  for await (const progress of job.progress()) {
    seen.push(progress)
    Atomics.add(cells, 1, 1)
  }
  t.deepEqual(seen.slice(-3), [{ step: 2 }, { step: 3 }, { step: 4 }])
  t.is(await job.result(), 4)
  const after: unknown[] = []
  for await (const progress of job.progress()) after.push(progress)
  t.deepEqual(after, [], 'of a job that has ended there is none')
})

test('leaving the loop over the progress does nothing to the job', async (t) => {
  const jobs = await openJobs(t)
  const job = await jobs.add('steps', 2)
  const progress = job.progress()[Symbol.asyncIterator]()
  const first = progress.next()
  const { threads, cells } = openThreads(t)
  await jobs.stats()
  jobs.work(threads)
  t.deepEqual(await first, { done: false, value: { step: 1 } })
  await progress.return!()
  Atomics.store(cells, 1, 9)
  t.is(await job.result(), 2)
})

test('on tells of jobs of any process, and off ends it', async (t) => {
  const { jobs, cells } = await openBoth(t, { defaults: { attempts: 1 } })
  const completed = nextEvent(jobs, 'completed')
  const failed = nextEvent(jobs, 'failed')
  const progress = nextEvent(jobs, 'progress')
  // They hear from when the stream is open, which a result waits for as well.
  const job = await jobs.add('double', 2)
  await job.result()
  t.deepEqual(await completed, { id: job.id, result: 4 })
  const never = () => t.fail('it was taken off')
  jobs.on('completed', never).off('completed', never)
  const bad = await jobs.add('fail', { name: 'Bad', message: 'why' })
  const told = await failed
  t.is(told.id, bad.id)
  t.is(told.task, 'fail')
  t.deepEqual(told.argument, { name: 'Bad', message: 'why' })
  t.is(told.error.name, 'Bad')
  Atomics.store(cells, 1, 9)
  const steps = await jobs.add('steps', 1)
  t.deepEqual(await progress, { id: steps.id, progress: { step: 1 } })
  t.throws(() => jobs.on('finished' as never, never), { code: 'ERR_POOL_OPTION' })
  t.throws(() => jobs.on('completed', 5 as never), { code: 'ERR_POOL_OPTION' })
})
