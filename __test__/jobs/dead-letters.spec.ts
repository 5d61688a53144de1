// Calls of plain pools that fail for good become failed jobs. The store is the one that JOBS_STORE names.
import test from 'ava'
import type { Logger } from 'workpool'
import { Jobs } from 'workpool/jobs'

import { eventually, openJobs, openThreads, prepare, silent, where } from '../support/jobs.js'
import { gate } from '../support/gate.js'
import { rejection } from '../support/until.js'

prepare(test)

test('a call that fails is a failed job with its argument and error, and the caller gets the error', async (t) => {
  const jobs = await openJobs(t)
  const { threads } = openThreads(t)
  const kept = threads.with({ deadLetter: jobs })
  t.is(await kept.run(4, { name: 'double' }), 8)
  const before = Date.now()
  const error = await rejection(kept.run({ name: 'Bad', message: 'why' }, { name: 'fail' }))
  t.is(error.message, 'why')
  await eventually(async () => (await jobs.failed()).length === 1, 'it is stored')
  const [failed] = await jobs.failed()
  t.is(failed!.task, 'fail')
  t.deepEqual(failed!.argument, { name: 'Bad', message: 'why' })
  t.is(failed!.error.name, 'Bad')
  t.is(failed!.error.message, 'why')
  t.regex(failed!.error.stack, /^Bad: why\n {4}at fail /)
  t.is(failed!.attempts, 1)
  t.true(failed!.failedAt >= before)
  t.is(await (await jobs.get(failed!.id))!.state(), 'failed')
  t.like(await jobs.stats(), { failed: 1, waiting: 0, running: 0 })
})

test('replay makes a job of it under its id, once, and who works runs it', async (t) => {
  const jobs = await openJobs(t, { defaults: { backoff: { type: 'fixed', delay: 1 } } })
  const { threads, cells } = openThreads(t)
  const kept = threads.with({ deadLetter: jobs })
  await rejection(kept.tasks.failUntil(4))
  await eventually(async () => (await jobs.failed()).length === 1, 'it is stored')
  const [failed] = await jobs.failed()
  t.is(await jobs.replay(failed!.id), 1)
  t.deepEqual(await jobs.failed(), [])
  t.is(await jobs.replay(), 0)
  jobs.work(threads)
  const job = (await jobs.get(failed!.id))!
  t.is(await job.result(), 4, 'it has all attempts of a job')
  t.is(cells[0], 4)
})

test('failed calls and failed jobs are in one list, and replay() puts all of them back', async (t) => {
  const jobs = await openJobs(t, { defaults: { attempts: 1 } })
  const { threads } = openThreads(t)
  const worker = jobs.work(threads)
  const first = await jobs.add('fail', { message: 'job' })
  await rejection(first.result())
  await rejection(threads.with({ deadLetter: jobs }).run({ message: 'call' }, { name: 'fail' }))
  await eventually(async () => (await jobs.failed()).length === 2, 'both are stored')
  t.deepEqual(
    (await jobs.failed()).map(({ error }) => error.message),
    ['call', 'job'],
  )
  t.is((await jobs.failed({ offset: 1 }))[0]!.error.message, 'job')
  worker.pause()
  t.is(await jobs.replay(), 2)
  await eventually(async () => (await jobs.stats()).waiting === 2, 'both wait')
})

test('only what fails for good is stored: not what a policy mends, a fallback answers or the caller aborts', async (t) => {
  const jobs = await openJobs(t)
  const { threads, cells } = openThreads(t, { size: 1, nonblocking: true })
  const twice = {
    async execute<T>(attempt: (context: { signal: AbortSignal }) => PromiseLike<T> | T): Promise<T> {
      const { signal } = new AbortController()
      try {
        return await attempt({ signal })
      } catch {
        return attempt({ signal })
      }
    },
  }
  const kept = threads.with({ deadLetter: jobs, policy: twice })
  t.is(await kept.run(2, { name: 'failUntil' }), 2)
  await rejection(kept.run(100, { name: 'failUntil' }))
  t.is(cells[0], 4)
  const answered = threads.with({ deadLetter: jobs, fallback: () => 'busy' })
  const held = threads.run('x', { name: 'hold' })
  t.is(await answered.run(1, { name: 'double' }), 'busy')
  const refused = await rejection(threads.with({ deadLetter: jobs }).run(5, { name: 'double' }))
  t.is(refused.code, 'ERR_POOL_OVERLOAD')
  Atomics.store(cells, 1, 1)
  await held
  Atomics.store(cells, 1, 0)
  const controller = new AbortController()
  const aborted = rejection(threads.with({ deadLetter: jobs }).run('y', { name: 'hold', signal: controller.signal }))
  controller.abort('enough')
  t.is(await aborted, 'enough')
  await eventually(async () => (await jobs.failed()).length === 2, 'two are stored')
  t.deepEqual(
    (await jobs.failed()).map(({ task, error }) => [task, error.name]),
    [
      ['double', 'PoolOverloadError'],
      ['failUntil', 'RangeError'],
    ],
  )
})

test('closing the queue stores what has failed before, and every number of arguments comes back', async (t) => {
  const queue = `test-${Date.now()}-dead`
  const jobs = await openJobs(t, { queue })
  const { threads } = openThreads(t)
  const { tasks } = threads.with({ deadLetter: jobs })
  await rejection((tasks.fail as (...args: unknown[]) => Promise<unknown>)({ message: 'two' }, 'second'))
  await rejection(tasks.fail())
  await jobs.close()
  const again = await Jobs.open(where(), { queue, logger: silent, defaults: { attempts: 1 } })
  t.teardown(() => again.close({ timeout: 0 }))
  t.deepEqual(
    (await again.failed()).map(({ argument }) => argument),
    [[], [{ message: 'two' }, 'second']],
  )
  again.work(threads as never)
  t.is(await again.replay(), 2)
  await eventually(async () => (await again.stats()).failed === 2, 'both have failed once more')
  t.deepEqual((await again.failed()).map(({ error }) => error.message).toSorted(), ['failed', 'two'])
})

test('what cannot be stored is logged, and so is how many were dropped', async (t) => {
  const told: [object, string][] = []
  const three = gate()
  const logger: Logger = {
    ...silent,
    error(details, message) {
      told.push([details, message])
      if (/were dropped/.test(message)) three.open()
    },
  }
  const jobs = await openJobs(t, { logger })
  const { threads } = openThreads(t)
  const kept = threads.with({ deadLetter: jobs })
  await rejection(kept.tasks.unstorable(1n as never))
  // All of them fail at once, before the first one can be stored.
  const many = Array.from({ length: 1_100 }, () => rejection(kept.tasks.fail()))
  threads.release()
  await Promise.all(many)
  await three.promise
  const [unstorable] = told
  t.is(unstorable![1], 'a call that has failed was not stored as a failed job')
  t.regex((unstorable![0] as { error: Error }).error.message, /it is a BigInt$/)
  const [dropped] = told.at(-1)! as [{ dropped: number }, string]
  t.true(dropped.dropped >= 1 && dropped.dropped <= 100)
})

test('a dead letter has to be a queue of jobs, and goes with run, tasks and map only', async (t) => {
  const jobs = await openJobs(t)
  const { threads } = openThreads(t)
  for (const deadLetter of [5, null, {}, threads]) {
    t.throws(() => threads.with({ deadLetter: deadLetter as never }), {
      code: 'ERR_POOL_OPTION',
      message: /^deadLetter must be a queue of workpool\/jobs/,
    })
  }
  const kept = threads.with({ deadLetter: jobs }) as unknown as typeof threads
  t.is((await rejection(kept.runAll([1], { name: 'double' }))).code, 'ERR_POOL_OPTION')
  const results: number[] = []
  for await (const result of kept.map([1, 2], { name: 'double' })) results.push(result as number)
  t.deepEqual(results, [2, 4])
})
