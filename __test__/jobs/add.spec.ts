// What `add` stores, and what it refuses. The store is the one that JOBS_STORE names.
import test from 'ava'
import { Jobs } from 'workpool/jobs'

import { eventually, openBoth, openJobs, openThreads, silent, where, prepare } from '../support/jobs.js'
import { reaches } from '../support/cells.js'
import { rejection } from '../support/until.js'

prepare(test)

test('a job that is added waits, runs in a thread, and gives its result', async (t) => {
  const jobs = await openJobs(t)
  const job = await jobs.add('double', 21)
  t.is(await job.state(), 'waiting')
  const { threads } = openThreads(t)
  const worker = jobs.work(threads)
  t.is(await job.result(), 42)
  t.is(await job.state(), 'completed')
  t.is(await job.result(), 42, 'as often as one likes')
  await worker.close()
})

test('an argument arrives as JSON has it, and a task without one is called without one', async (t) => {
  const { jobs } = await openBoth(t)
  const argument = { text: 'ä€😀', list: [1, null, { b: true }], day: new Date(0), left: undefined, '': -1.5e-7 }
  const job = await jobs.add('echo', argument)
  t.deepEqual(await job.result(), {
    text: 'ä€😀',
    list: [1, null, { b: true }],
    day: new Date(0).toJSON(),
    '': -1.5e-7,
  })
  t.is(await (await jobs.add('none', undefined)).result(), 'none')
  t.is(await (await jobs.add('echo', null)).result(), null)
  t.is((await (await jobs.add('nothing', undefined)).result()) as unknown, null)
})

test('the same id is the same job while it is kept, also when it has ended', async (t) => {
  const { jobs, threads, cells } = await openBoth(t)
  const [one, other] = await Promise.all([
    jobs.add('failUntil', 1, { id: 'order-17' }),
    jobs.add('failUntil', 1, { id: 'order-17' }),
  ])
  t.is(one.id, 'order-17')
  t.is(other.id, 'order-17')
  t.is(await one.result(), 1)
  const again = await jobs.add('failUntil', 1, { id: 'order-17' })
  t.is(await again.result(), 1)
  await jobs.drain()
  t.is(cells[0], 1, 'it ran once')
  t.is(threads.stats().submitted, 1)
})

test('get finds a job by its id, and nothing by another one', async (t) => {
  const jobs = await openJobs(t)
  const { id } = await jobs.add('double', 1)
  t.is((await jobs.get(id))?.id, id)
  t.is(await (await jobs.get(id))!.state(), 'waiting')
  t.is(await jobs.get('nobody'), undefined)
})

test('while a job with a unique key is unfinished, add gives that job; then it makes a new one', async (t) => {
  const { jobs, cells } = await openBoth(t)
  const first = await jobs.add('hold', 'a', { unique: 'report' })
  await reaches(cells, 0, 1)
  const second = await jobs.add('hold', 'b', { unique: 'report' })
  t.is(second.id, first.id)
  const other = await jobs.add('hold', 'c', { unique: { key: 'other' } })
  t.not(other.id, first.id)
  Atomics.store(cells, 1, 1)
  t.is(await second.result(), 'a')
  const third = await jobs.add('hold', 'd', { unique: 'report' })
  t.not(third.id, first.id)
  t.is(await third.result(), 'd')
})

test('with a ttl a unique key is taken for so long, also when its job has ended', async (t) => {
  const { jobs } = await openBoth(t)
  const first = await jobs.add('double', 1, { unique: { key: 'minute', ttl: 600_000 } })
  t.is(await first.result(), 2)
  t.is((await jobs.add('double', 2, { unique: { key: 'minute', ttl: 600_000 } })).id, first.id)
  const short = await jobs.add('double', 3, { unique: { key: 'moment', ttl: 1 } })
  t.is(await short.result(), 6)
  await eventually(async () => {
    const next = await jobs.add('double', 4, { unique: { key: 'moment', ttl: 1 } })
    return next.id !== short.id
  }, 'the key is free')
})

test('jobs with a smaller priority number start first, and in the order of their adds within one', async (t) => {
  const jobs = await openJobs(t)
  for (const [number, priority] of [
    [1, 5],
    [2, 0],
    [3, 1],
    [4, 5],
    [5, 0],
  ] as const) {
    await jobs.add('note', number, { priority })
  }
  const { threads, cells } = openThreads(t, { size: 1 })
  jobs.work(threads)
  await jobs.drain()
  t.deepEqual([...cells.subarray(3, 8)], [2, 5, 3, 1, 4])
})

test('a delayed job starts no sooner', async (t) => {
  const { jobs } = await openBoth(t)
  const before = Date.now()
  const job = await jobs.add('double', 1, { delay: 700 })
  t.is(await job.state(), 'delayed')
  await job.result()
  t.true(Date.now() - before >= 700)
})

test('addAll stores all jobs, in order, or none', async (t) => {
  const { jobs } = await openBoth(t)
  const all = await jobs.addAll([1, 2, 3].map((argument) => ({ task: 'double', argument, options: { attempts: 1 } })))
  t.deepEqual(await Promise.all(all.map((job) => job.result())), [2, 4, 6])
  t.deepEqual(await jobs.addAll([]), [])
  const error = await rejection(
    jobs.addAll([
      { task: 'double', argument: 1 },
      { task: 'echo', argument: 1n },
    ]),
  )
  t.is(error.code, 'ERR_POOL_OPTION')
  const { waiting, completed } = await jobs.stats()
  t.deepEqual({ waiting, completed }, { waiting: 0, completed: 3 })
})

test('what cannot be stored as JSON is refused, and the error says where it is', async (t) => {
  const jobs = await openJobs(t)
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  let deep: unknown[] = []
  for (let level = 0; level < 100_000; level++) deep = [deep]
  const rows: [value: unknown, message: RegExp][] = [
    [() => {}, /^the argument cannot be stored: it is a function$/],
    [{ a: [1, { b: 1n }] }, /^the argument\.a\[1\]\.b cannot be stored: it is a BigInt$/],
    [{ a: Symbol('x') }, /^the argument\.a cannot be stored: it is a symbol$/],
    [[NaN], /^the argument\[0\] cannot be stored: it is the number NaN$/],
    [-Infinity, /the number -Infinity$/],
    [[undefined], /^the argument\[0\] cannot be stored: it is undefined in an array$/],
    [new Map(), /it is a Map$/],
    [{ set: new Set([1]) }, /^the argument\.set cannot be stored: it is a Set$/],
    [/a/, /it is a RegExp$/],
    [new Error('x'), /it is an Error$/],
    [Promise.resolve(), /it is a Promise$/],
    [new ArrayBuffer(1), /it is a buffer of bytes$/],
    [new Uint8Array(1), /it is a view of bytes$/],
    [cycle, /^the argument cannot be stored: Converting circular structure/],
    [deep, /^the argument cannot be stored: Maximum call stack size exceeded/],
    [
      {
        toJSON() {
          throw new Error('no json')
        },
      },
      /^the argument cannot be stored: no json$/,
    ],
  ]
  for (const [value, message] of rows) {
    const error = await rejection(jobs.add('echo', value))
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, message)
  }
  const { waiting } = await jobs.stats()
  t.is(waiting, 0)
})

test('NUL and halves of surrogate pairs are refused where the store refuses them, and arrive elsewhere', async (t) => {
  const { jobs } = await openBoth(t)
  for (const value of ['a\0b', 'a\ud800', { 'key\0': 1 }]) {
    if (where().startsWith('redis')) {
      t.deepEqual(await (await jobs.add('echo', value)).result(), value)
      continue
    }
    const error = await rejection(jobs.add('echo', value))
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, /which this store refuses$/)
  }
})

test('an argument above sizeLimit is refused, with both sizes in bytes', async (t) => {
  const jobs = await openJobs(t, { defaults: { sizeLimit: 10 } })
  await jobs.add('echo', '12345678')
  const error = await rejection(jobs.add('echo', 'ä2345678'))
  t.true(error instanceof RangeError)
  t.is(error.message, 'the size of the argument must be at most sizeLimit, 10 bytes as JSON, not 11')
  await jobs.add('echo', 'ä2345678', { sizeLimit: 11 })
})

test('bad options of a job are refused at once', async (t) => {
  const jobs = await openJobs(t)
  const rows: [options: object, message: RegExp][] = [
    [{ id: '' }, /^id must be a string that is not empty/],
    [{ id: 5 }, /^id must be a string/],
    [{ id: 'a:b' }, /^id must be text without ":", not 'a:b'/],
    [{ id: '42' }, /^id must be no integer; "job-42" would do, not '42'/],
    [{ unique: '' }, /^unique must be a string that is not empty/],
    [{ unique: {} }, /^unique\.key is missing/],
    [{ unique: { key: 'a', ttl: 0 } }, /^ttl must be a number of ms above 0/],
    [{ priority: -1 }, /^priority must be an integer from 0 to 2097151/],
    [{ priority: 2 ** 21 }, /^priority must be an integer from 0 to 2097151/],
    [{ delay: -1 }, /^delay must be a number of ms from 0/],
    [{ attempts: 0 }, /^attempts must be an integer from 1/],
    [{ backoff: 5 }, /^backoff must be an object/],
    [{ backoff: { type: 'linear', delay: 1 } }, /^type must be 'fixed' or 'exponential'/],
    [{ backoff: { type: 'fixed' } }, /^backoff\.delay is missing/],
    [{ backoff: { delay: 5 } }, /^backoff\.type is missing/],
    [{ backoff: { type: 'fixed', delay: 1, jitter: 2 } }, /^jitter must be a number from 0 to 1/],
    [{ timeout: 0 }, /^timeout must be a number of ms above 0/],
    [{ keep: { completed: -1 } }, /^completed must be a number of ms/],
    [{ keep: 5 }, /^keep must be an object/],
    [{ sizeLimit: 0 }, /^sizeLimit must be an integer from 1/],
    [{ retries: 5 }, /^unknown option retries in the options of the job/],
    [{ signal: AbortSignal.abort() }, /unknown option signal/],
  ]
  for (const [options, message] of rows) {
    const error = await rejection(jobs.add('double', 1, options))
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, message)
  }
  for (const task of ['', 5, undefined]) {
    t.regex((await rejection(jobs.add(task as 'double', 1))).message, /^task must be the name of an export/)
  }
  t.regex((await rejection(jobs.addAll(5 as never))).message, /^jobs must be an array/)
  t.regex((await rejection(jobs.addAll([5 as never]))).message, /^jobs\[0\] must be/)
  t.is((await jobs.stats()).waiting, 0)
})

test('bad options of open are refused before anything is opened', async (t) => {
  const rows: [options: object, message: RegExp][] = [
    [{ queue: 'a:b' }, /^queue must be text without ":"/],
    [{ lease: 5 }, /^lease must be a number of ms from 100/],
    [{ defaults: { id: 'a' } }, /^unknown option id in defaults/],
    [{ defaults: { attempts: 0 } }, /^attempts must be an integer from 1/],
    [{ telemetry: {} }, /^telemetry must be an object with tracer and contextManager/],
    [{ logger: {} }, /^logger must be an object with the methods/],
    [{ prefix: 'a' }, /^unknown option prefix in the options of Jobs\.open/],
  ]
  for (const [options, message] of rows) {
    const error = await rejection(Jobs.open(where(), options))
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, message)
  }
  for (const place of ['', 'jobs', 'mongodb://x', 5]) {
    t.is((await rejection(Jobs.open(place as 'file:x', { logger: silent }))).code, 'ERR_POOL_OPTION')
  }
})
