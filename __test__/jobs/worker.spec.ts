// Those who work: how many jobs they have, how they end, and who has what. The store is the one that JOBS_STORE names.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'

import test from 'ava'
import { Pool } from 'workpool'

import { eventually, openBoth, openJobs, openThreads, prepare } from '../support/jobs.js'
import { reaches } from '../support/cells.js'
import { rejection } from '../support/until.js'

prepare(test)

const jobsOf = (task: 'hold' | 'nothing' | 'double', count: number) =>
  Array.from({ length: count }, () => ({ task, argument: 1 as never }))

test('a worker has as many jobs as its pool has places, and follows its tune', async (t) => {
  const { jobs, threads, cells, worker } = await openBoth(t, {}, { size: 1, concurrency: 2 })
  await jobs.addAll(jobsOf('hold', 8))
  await reaches(cells, 0, 2)
  t.is(worker.running, 2)
  Atomics.store(cells, 1, 1)
  await jobs.drain()
  t.is(cells[0], 8)
  threads.tune(2)
  // It looks when it takes a job.
  t.is(await (await jobs.add('double', 1)).result(), 2)
  Atomics.store(cells, 1, 0)
  await jobs.addAll(jobsOf('hold', 8))
  await reaches(cells, 0, 8 + 4)
  t.is(worker.running, 4)
  Atomics.store(cells, 1, 1)
})

test('concurrency says how many jobs a worker has, and tune changes it', async (t) => {
  const jobs = await openJobs(t)
  const { threads, cells } = openThreads(t, { size: 2, concurrency: 8 })
  await jobs.addAll(jobsOf('hold', 8))
  const worker = jobs.work(threads, { concurrency: 1 })
  await reaches(cells, 0, 1)
  t.is(worker.running, 1)
  t.is((await jobs.stats()).running, 1)
  worker.tune(3)
  t.throws(() => worker.tune(0), { code: 'ERR_POOL_OPTION' })
  Atomics.store(cells, 1, 1)
  await jobs.drain()
  t.is((await jobs.stats()).completed, 8)
})

test('a worker that is paused takes no job until it is resumed', async (t) => {
  const { jobs, cells, worker } = await openBoth(t)
  worker.pause()
  t.true(worker.isPaused)
  const job = await jobs.add('double', 1)
  await rejection(job.result({ timeout: 300 }))
  t.is(await job.state(), 'waiting')
  t.is(cells[0], 0)
  worker.resume()
  t.is(await job.result(), 2)
})

test('close waits for the jobs that run, and takes no more', async (t) => {
  const { jobs, cells, worker } = await openBoth(t, {}, { size: 1 })
  const [first, second] = await jobs.addAll(jobsOf('hold', 2))
  await reaches(cells, 0, 1)
  const closed = worker.close()
  Atomics.store(cells, 1, 1)
  await closed
  t.is(await first!.state(), 'completed')
  t.is(await second!.state(), 'waiting')
  t.is(cells[0], 1)
  await worker.close()
})

test('at its timeout close aborts what runs; the job goes back to waiting and has used up no attempt', async (t) => {
  const { jobs, cells, worker } = await openBoth(t, {}, { grace: 10_000 })
  const job = await jobs.add('hold', 'x', { attempts: 1 })
  await reaches(cells, 0, 1)
  await worker.close({ timeout: 10 })
  await reaches(cells, 2, 1)
  t.is(await job.state(), 'waiting')
  const { threads, cells: others } = openThreads(t)
  Atomics.store(others, 1, 1)
  jobs.work(threads)
  t.is(await job.result(), 'x')
  for (const options of [5, { timeout: -1 }, { abort: true }]) {
    t.is((await rejection(worker.close(options as never))).code, 'ERR_POOL_OPTION')
  }
})

test('closing the queue closes its workers, ends what waits here, and refuses everything else', async (t) => {
  const { jobs, cells, threads } = await openBoth(t)
  const job = await jobs.add('hold', 'x')
  await reaches(cells, 0, 1)
  const waiting = rejection(job.result())
  await jobs.close({ timeout: 0 })
  t.is((await waiting).code, 'ERR_POOL_CLOSED')
  const calls = [
    () => jobs.add('double', 1),
    () => jobs.addAll([]),
    () => jobs.get('a'),
    () => jobs.cancel('a'),
    () => jobs.failed(),
    () => jobs.replay(),
    () => jobs.stats(),
    () => jobs.drain(),
    () => job.result(),
    () => job.state(),
  ]
  for (const call of calls) t.is((await rejection(call())).code, 'ERR_POOL_CLOSED')
  t.throws(() => jobs.work(threads), { code: 'ERR_POOL_CLOSED' })
  t.throws(() => jobs.on('failed', () => {}), { code: 'ERR_POOL_CLOSED' })
  await jobs.close()
  t.false(threads.isClosed)
})

test('await using closes the queue', async (t) => {
  const jobs = await openJobs(t)
  await jobs[Symbol.asyncDispose]()
  t.is((await rejection(jobs.stats())).code, 'ERR_POOL_CLOSED')
})

test('drain resolves when nothing waits, is delayed or runs, and its signal ends it', async (t) => {
  const { jobs, cells } = await openBoth(t)
  await jobs.drain()
  await jobs.add('hold', 'x')
  await jobs.add('double', 1, { delay: 400 })
  const controller = new AbortController()
  const aborted = rejection(jobs.drain({ signal: controller.signal }))
  await reaches(cells, 0, 1)
  controller.abort('bored')
  t.is(await aborted, 'bored')
  const drained = jobs.drain()
  Atomics.store(cells, 1, 1)
  await drained
  t.is((await jobs.stats()).completed, 2)
})

test('stats says how many jobs there are, and which worker has which', async (t) => {
  const queue = `test-${randomUUID()}`
  const { jobs, cells, worker } = await openBoth(t, { queue }, { size: 1 })
  const idle = jobs.work(openThreads(t).threads)
  idle.pause()
  const job = await jobs.add('hold', 'x')
  await reaches(cells, 0, 1)
  await jobs.addAll(jobsOf('double', 2))
  await jobs.add('double', 1, { delay: 600_000 })
  const stats = await jobs.stats()
  t.is(stats.queue, queue)
  t.like(stats, { waiting: 2, delayed: 1, running: 1, completed: 0, failed: 0 })
  t.deepEqual(
    stats.workers.toSorted((a, b) => b.jobs.length - a.jobs.length),
    [
      { name: worker.name, jobs: [job.id] },
      { name: idle.name, jobs: [] },
    ],
  )
  Atomics.store(cells, 1, 1)
})

test('no more jobs start than the rate allows, whoever works', async (t) => {
  const jobs = await openJobs(t)
  const { threads, cells } = openThreads(t)
  await jobs.addAll(jobsOf('nothing', 9))
  const rate = { limit: 2, interval: 400 }
  const before = Date.now()
  jobs.work(threads, { rate })
  jobs.work(threads, { rate })
  await reaches(cells, 0, 9)
  // Nine jobs need five windows, of which the first may have begun before.
  t.true(Date.now() - before >= 3 * 400)
})

test('bad options of work are refused at once', async (t) => {
  const jobs = await openJobs(t)
  const { threads } = openThreads(t)
  const closures = Pool.create()
  for (const threads of [undefined, closures, {}]) {
    t.throws(() => jobs.work(threads as never), { code: 'ERR_POOL_OPTION', message: /^threads must be a ThreadPool/ })
  }
  const rows: [options: object, message: RegExp][] = [
    [{ concurrency: 0 }, /^concurrency must be an integer from 1/],
    [{ rate: { limit: 5 } }, /^rate\.interval is missing/],
    [{ rate: { interval: 5 } }, /^rate\.limit is missing/],
    [{ limiter: {} }, /^unknown option limiter in the options of work/],
  ]
  for (const [options, message] of rows)
    t.throws(() => jobs.work(threads, options), { code: 'ERR_POOL_OPTION', message })
})

test('without a listener errors go to the logger', async (t) => {
  const logged: [object, string][] = []
  const errors = new EventTarget()
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error(details: object, message: string) {
      logged.push([details, message])
      errors.dispatchEvent(new Event('error'))
    },
  }
  const { jobs, threads } = await openBoth(t, { logger })
  threads.release()
  const told = once(errors, 'error')
  await jobs.add('double', 1)
  await told
  t.is(logged[0]![1], 'the queue of jobs has an error')
  t.regex((logged[0]![0] as { error: Error }).error.message, /has paused/)
  await eventually(async () => (await jobs.stats()).waiting === 1, 'the job has gone back')
})
