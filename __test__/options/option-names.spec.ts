import { join } from 'node:path'

import test from 'ava'
import { MultiPool, Pool, ThreadPool } from 'workpool'

import { rejection } from '../support/until.js'
import { threads } from '../support/threads.js'

const code = 'ERR_POOL_OPTION'
const filename = join(process.cwd(), '__test__', 'fixtures', 'tasks.mjs')

/** What the creation of a pool says of an option. */
function refusalOf(create: (options: never) => unknown, options: object): string {
  try {
    create(options as never)
  } catch (error) {
    const { code: given, message } = error as Error & { code?: string }
    if (error instanceof TypeError && given === code) return message
    throw error
  }
  throw new Error('it was accepted')
}

const createThreads = (options: object): unknown => ThreadPool.create({ filename, ...options })

const peers: [option: string, ours: string, create: (options: never) => unknown][] = [
  // p-limit, p-queue, fastq, generic-pool
  ['concurrency', 'size', Pool.create],
  ['maxConcurrency', 'size', Pool.create],
  ['limit', 'size', Pool.create],
  ['max', 'size', Pool.create],
  ['poolSize', 'size', Pool.create],
  ['maxWaitingClients', 'maxBlockingTasks', Pool.create],
  ['idleTimeoutMillis', 'expiry', Pool.create],
  ['abortSignal', 'signal', Pool.create],
  // piscina, tinypool, poolifier, workerpool
  ['maxQueue', 'maxBlockingTasks', createThreads],
  ['maxQueueSize', 'maxBlockingTasks', createThreads],
  ['maxThreads', 'size', createThreads],
  ['maxWorkers', 'size', createThreads],
  ['minThreads', 'minSize', createThreads],
  ['minWorkers', 'minSize', createThreads],
  ['min', 'minSize', createThreads],
  ['idleTimeout', 'expiry', createThreads],
  ['concurrentTasksPerWorker', 'concurrency', createThreads],
  ['terminateTimeout', 'grace', createThreads],
  ['script', 'filename', ThreadPool.create],
  // ants
  ['expiryDuration', 'expiry', Pool.create],
  ['MaxBlockingTasks', 'maxBlockingTasks', Pool.create],
  // nearly ours
  ['nonBlocking', 'nonblocking', Pool.create],
  ['maxBlockingTask', 'maxBlockingTasks', Pool.create],
  ['prealloc', 'preAlloc', createThreads],
  ['panicHandlr', 'panicHandler', Pool.create],
  ['resourcelimits', 'resourceLimits', createThreads],
  ['stratgey', 'strategy', (options) => MultiPool.create({ pools: 2, ...(options as object) })],
  ['stratgy', 'strategy', (options) => MultiPool.of([Pool.create()], options)],
]

for (const [option, ours, create] of peers) {
  test(`"${option}" is answered with "${ours}"`, (t) => {
    const message = refusalOf(create, { [option]: 5 })
    t.regex(
      message,
      new RegExp(`^unknown option ${option} in the options of \\w+\\.\\w+; did you mean ${ours}\\? Known are `),
    )
  })
}

test('what is an option of something else is answered with where it belongs', (t) => {
  t.regex(refusalOf(Pool.create, { filename }), /^filename is not an option of Pool\.create; use ThreadPool\.create$/)
  t.regex(
    refusalOf(Pool.create, { timeout: 5 }),
    /^unknown option timeout in the options of Pool\.create; timeout is one of the options of the task\. Known are name,/,
  )
  t.regex(refusalOf(createThreads, { waitTimeout: 5 }), /waitTimeout is one of the options of the task/)
  t.regex(refusalOf(createThreads, { priority: 5 }), /priority is one of the options of the task/)
  t.regex(refusalOf(createThreads, { init: () => 0 }), /init is one of the options of Pool\.create/)
  t.regex(refusalOf(Pool.create, { workerData: 0 }), /workerData is one of the options of ThreadPool\.create/)
  t.regex(refusalOf(Pool.create, { strategy: 'round-robin' }), /strategy is one of the options of MultiPool\.create/)
})

test('of a task, of map, of vacancy and of close, too', async (t) => {
  const pool = Pool.create()
  const threadPool = threads(t)
  const cases: [refused: Promise<unknown>, message: RegExp][] = [
    [
      pool.submit(() => 0, { taskTimeout: 1 } as never),
      /unknown option taskTimeout in the options of the task; did you mean timeout\?/,
    ],
    [pool.submit(() => 0, { acquireTimeoutMillis: 1 } as never), /did you mean waitTimeout\?/],
    [pool.submit(() => 0, { prioritiy: 1 } as never), /did you mean priority\?/],
    [threadPool.run(0, { transferList: [] } as never), /did you mean transfer\?/],
    [threadPool.run(0, { abortSignal: 0 } as never), /did you mean signal\?/],
    [threadPool.run(0, { task: 'echo' } as never), /did you mean name\?/],
    [pool.close({ timeoutMs: 5 } as never), /did you mean timeout\?/],
    [pool.vacancy({ singal: 0 } as never), /did you mean signal\?/],
    [pool.submit(() => 0, { size: 1 } as never), /size is one of the options of Pool\.create/],
  ]
  for (const [refused, message] of cases) {
    const error = await rejection(refused)
    t.is(error.code, code)
    t.regex(error.message, message)
  }
  t.throws(() => pool.map([], () => 0, { order: true } as never), { code, message: /did you mean ordered\?/ })
})

test('what is like nothing is answered with what is known', (t) => {
  for (const option of ['colour', 'x', '', 'toString', '__proto__x', 'é'.repeat(5_000)]) {
    const message = refusalOf(Pool.create, { [option]: 1 })
    t.false(message.includes('did you mean'), message.slice(0, 200))
    t.regex(message, /[Kk]nown are name, size/)
    t.true(message.length < 500)
  }
})

test('recycle has options of its own', (t) => {
  t.regex(
    refusalOf(createThreads, { recycle: { maxTasks: 5 } }),
    /unknown option maxTasks in recycle; did you mean tasks\?/,
  )
  t.regex(refusalOf(createThreads, { recycle: { heapMB: 5 } }), /did you mean heapMb\?/)
})
