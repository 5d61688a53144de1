// What uses up attempts of a job, and what does not. The store is the one that JOBS_STORE names.
import test from 'ava'
import { type PoolError, ThreadPool } from 'workpool'
import { type JobFailedError } from 'workpool/jobs'

import { eventually, nextEvent, openBoth, openJobs, openThreads, prepare } from '../support/jobs.js'
import { reaches } from '../support/cells.js'
import { rejection } from '../support/until.js'

prepare(test)

const soon = { type: 'fixed', delay: 1 } as const

test('an error of the task uses up an attempt; by default there are three', async (t) => {
  const { jobs, cells } = await openBoth(t, { defaults: { backoff: soon } })
  t.is(await (await jobs.add('failUntil', 3)).result(), 3)
  const error: JobFailedError = await rejection((await jobs.add('failUntil', 9)).result())
  t.is(error.name, 'JobFailedError')
  t.is(error.code, 'ERR_POOL_JOB_FAILED')
  t.is(error.attempts, 3)
  t.is(error.task, 'failUntil')
  t.is(error.cause.name, 'RangeError')
  t.is(error.cause.message, 'begun 6 times')
  t.regex(error.cause.stack!, /^RangeError: begun 6 times\n {4}at failUntil \(.*job-tasks\.mjs/)
  t.is(cells[0], 6)
})

test('by default the pauses between attempts begin at half a second to a second, and double', async (t) => {
  const { jobs } = await openBoth(t)
  const before = Date.now()
  await (await jobs.add('failUntil', 3)).result()
  t.true(Date.now() - before >= 500 + 1_000)
})

test('a crash of its thread uses up an attempt', async (t) => {
  const { jobs, cells } = await openBoth(t, { defaults: { backoff: soon } })
  t.is(await (await jobs.add('exitUntil', 2)).result(), 'stayed')
  const error: JobFailedError = await rejection((await jobs.add('exitUntil', 100, { attempts: 2 })).result())
  t.is(error.cause.name, 'WorkerCrashedError')
  t.is(cells[0], 4)
})

test('an error that is called UnrecoverableError is not tried again', async (t) => {
  const { jobs, cells } = await openBoth(t, { defaults: { backoff: soon } })
  const job = await jobs.add('fail', { name: 'UnrecoverableError', message: 'no such order' })
  const error: JobFailedError = await rejection(job.result())
  t.is(error.attempts, 1)
  t.is(error.cause.message, 'no such order')
  t.is(cells[0], 1)
})

test('a result that cannot be stored fails the job once, says why, and does not run it again', async (t) => {
  const { jobs, cells } = await openBoth(t, { defaults: { backoff: soon } })
  const rows: [kind: string, message: RegExp][] = [
    ['bigint', /^the result\.deep\[0\] cannot be stored: it is a BigInt$/],
    ['map', /it is a Map$/],
    ['nan', /the number NaN$/],
    ['function', /could not be cloned/],
    ['cycle', /circular/],
  ]
  for (const [kind, message] of rows) {
    const before = cells[0]!
    const error: JobFailedError = await rejection((await jobs.add('unstorable', kind)).result())
    t.regex(error.cause.message, message)
    t.is(error.attempts, 1)
    t.is(cells[0], before + 1)
  }
  const large: JobFailedError = await rejection(
    (await jobs.add('echo', 'abc', { sizeLimit: 5 }))
      .result()
      .then(() => jobs.add('unstorable', 'nul', { sizeLimit: 5 }))
      .then((job) => job.result()),
  )
  t.regex(large.cause.message, /^the size of the result must be at most sizeLimit, 5 bytes as JSON|this store refuses$/)
})

test('errors of any kind are stored: with NUL, without a message, with a long stack, and what is no error', async (t) => {
  const { jobs } = await openBoth(t, { defaults: { attempts: 1 } })
  const causeOf = async (how: object): Promise<Error> => {
    const error: JobFailedError = await rejection((await jobs.add('fail', how)).result())
    return error.cause
  }
  t.is((await causeOf({ message: 'a\u{fffd}b' })).message, 'a\u{fffd}b')
  const nameless = await causeOf({ name: '', message: '' })
  t.is(nameless.message, '')
  t.is(nameless.name, 'Error')
  const odd = await causeOf({ name: 'A: b\nc', message: 'x' })
  t.is(odd.name, 'A  b c')
  const long = await causeOf({ name: 'Long', message: 'm'.repeat(5_000) })
  t.is(long.name, 'Long')
  t.is(long.stack!.length, 2_000)
})

test('an overload of the pool uses up no attempt: the job comes again', async (t) => {
  const jobs = await openJobs(t)
  const { threads, cells } = openThreads(t, { size: 1, nonblocking: true })
  // The only thread is busy with what is no job.
  const busy = threads.run('direct', { name: 'hold' })
  await reaches(cells, 0, 1)
  jobs.work(threads)
  const job = await jobs.add('hold', 'job', { attempts: 1 })
  await eventually(async () => threads.stats().rejected.overload > 0, 'the pool refuses the job')
  await eventually(async () => (await job.state()) === 'delayed', 'the job has gone back')
  Atomics.store(cells, 1, 1)
  t.is(await busy, 'direct')
  t.is(await job.result(), 'job')
})

test('a worker whose pool is closed gives its job back, pauses with an error, and goes on when it is told', async (t) => {
  const { jobs, threads, worker } = await openBoth(t)
  threads.release()
  const told = nextEvent(jobs, 'error')
  const job = await jobs.add('double', 4, { attempts: 1 })
  const error: Error = await told
  t.regex(error.message, /^the worker ".*" has paused, as its pool runs nothing: the pool is closed/)
  t.is((error.cause as PoolError).code, 'ERR_POOL_CLOSED')
  t.true(worker.isPaused)
  await eventually(async () => (await job.state()) === 'waiting', 'the job has gone back')
  t.is(threads.stats().rejected.closed, 1, 'it was not tried again and again')
  threads.reboot()
  worker.resume()
  t.is(await job.result(), 8)
})

test('a worker that cannot load its module gives its job back, and another one runs it', async (t) => {
  const jobs = await openJobs(t)
  const broken = ThreadPool.create<any>({ filename: new URL('file:///nowhere/tasks.mjs'), size: 1 })
  t.teardown(() => broken.destroy())
  const told = nextEvent(jobs, 'error')
  const worker = jobs.work(broken)
  const job = await jobs.add('double', 4, { attempts: 1 })
  t.is(((await told).cause as PoolError).code, 'ERR_POOL_WORKER_START')
  t.true(worker.isPaused)
  await eventually(async () => (await job.state()) === 'waiting', 'the job has gone back')
  const { threads } = openThreads(t)
  jobs.work(threads)
  t.is(await job.result(), 8)
})
