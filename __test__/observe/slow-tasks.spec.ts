// `slowTask` and `trackSubmit`: which task runs for too long, and who has submitted it. Lower bounds and hang deadlines only.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { MultiPool, Pool, type TaskTimeoutError } from 'workpool'

import { begun, cells, open } from '../support/cells.js'
import { child } from '../support/child.js'
import { gate } from '../support/gate.js'
import { hear } from '../support/heard.js'
import { Remote } from '../support/remote.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'stuck-tasks.mjs'))
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A logger that keeps its warnings. */
function warnings(): { logger: typeof silent; warned: [details: any, message: string][] } {
  const warned: [details: any, message: string][] = []
  return { logger: { ...silent, warn: (...line: [any, string]) => void warned.push(line) } as typeof silent, warned }
}

/** Whether a stack begins in this file. */
const isHere = (t: ExecutionContext, stack: string | undefined): void => {
  t.regex(stack!.split('\n')[0]!, /slow-tasks\.spec/, stack)
}

test('a task that runs for too long is told of once, while it runs', async (t) => {
  const { logger, warned } = warnings()
  const pool = Pool.create({ name: 'slow', size: 2, slowTask: 40, logger })
  const heard = hear(t, 'workpool:task:slow', 'slow')
  const { promise, open: end } = gate()
  const start = performance.now()
  const running = pool.submit(function takesLong() {
    return promise
  })
  await pool.submit(() => {})
  await until(() => heard.length > 0, 'the task is told of')
  t.true(performance.now() - start >= 40)
  const { id, name, runMs, priority } = heard[0]!
  t.deepEqual([id, name, priority], [1, 'takesLong', 1])
  t.true(runMs >= 40)
  t.is(warned.length, 1)
  const [details, message] = warned[0]!
  t.is(details.pool, 'slow')
  t.is(details.task.id, 1)
  t.regex(message, /task 1, takesLong, has been running for \d+ ms/)
  await new Promise((resolve) => setTimeout(resolve, 120))
  t.is(heard.length, 1, 'once')
  end()
  await running
})

test('tasks that end in time are not told of, though one follows the other without a pause', async (t) => {
  const pool = Pool.create({ name: 'brisk', size: 1, slowTask: 2_000, logger: silent })
  const heard = hear(t, 'workpool:task:slow', 'brisk')
  for (let i = 0; i < 200; i++) await pool.submit(() => new Promise((resolve) => setImmediate(resolve)))
  t.deepEqual(heard, [])
})

test('a task that has waited is told of by how long it runs', async (t) => {
  const pool = Pool.create({ name: 'queue', size: 1, slowTask: 60, logger: silent })
  const heard = hear(t, 'workpool:task:slow', 'queue')
  const [first, second] = [gate(), gate()]
  const all = [pool.submit(() => first.promise), pool.submit(() => second.promise)]
  await until(() => heard.length === 1, 'the first is told of')
  const start = performance.now()
  first.open()
  await until(() => heard.length === 2, 'the second is told of')
  t.true(performance.now() - start >= 60)
  t.deepEqual(
    heard.map(({ id }) => id),
    [1, 2],
  )
  second.open()
  await Promise.all(all)
})

test('slowTask is live, and false ends it', async (t) => {
  const pool = Pool.create({ name: 'live', logger: silent })
  const heard = hear(t, 'workpool:task:slow', 'live')
  const [one, two] = [gate(), gate()]
  const first = pool.submit(() => one.promise)
  pool.configure({ slowTask: 20 })
  await until(() => heard.length === 1, 'it is told of')
  pool.configure({ slowTask: false })
  const second = pool.submit(() => two.promise)
  await new Promise((resolve) => setTimeout(resolve, 80))
  t.is(heard.length, 1)
  one.open()
  two.open()
  await Promise.all([first, second])
})

test('each pool of a MultiPool looks after its own tasks', async (t) => {
  const multi = MultiPool.create({ name: 'each', pools: 2, size: 1, slowTask: 20, logger: silent })
  const heard = [hear(t, 'workpool:task:slow', 'each#0'), hear(t, 'workpool:task:slow', 'each#1')]
  const { promise, open: end } = gate()
  const all = [multi.submit(() => promise), multi.submit(() => promise)]
  await until(() => heard.every(({ length }) => length === 1), 'both are told of')
  t.pass()
  end()
  await Promise.all(all)
})

test('a lease may be held for long', async (t) => {
  const pool = Pool.create({ name: 'held', slowTask: 10, logger: silent })
  const heard = hear(t, 'workpool:task:slow', 'held')
  const lease = await pool.lease()
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.deepEqual(heard, [])
  lease.release()
})

test.serial('of a thread that computes the stack is told, and that its event loop stands', async (t) => {
  const pool = threads(t, { filename, name: 'spins', size: 1, slowTask: 200, logger: silent })
  const slow = hear(t, 'workpool:task:slow', 'spins')
  const stalled = hear(t, 'workpool:thread:stalled', 'spins')
  await pool.run(1)
  const array = cells()
  const running = pool.run(array, { name: 'loopFor' })
  await until(() => slow.length > 0 && stalled.length > 0, 'both are told')
  const [{ name, runMs, threadId, stack }] = slow as [(typeof slow)[0]]
  t.is(name, 'loopFor')
  t.true(runMs >= 200)
  t.regex(stack!, /at (inner|loopFor) \(file:.*stuck-tasks\.mjs/)
  t.is(stalled[0]!.threadId, threadId!)
  t.true(stalled[0]!.lastTurnMs >= 200)
  t.deepEqual(
    stalled[0]!.tasks.map((task) => task.name),
    ['loopFor'],
  )
  open(array)
  await running
  t.is(slow.length, 1)
})

/** In another isolate: a handle of the shared pool, and what is told there of its slow tasks. */
const watchInGuest = ({ Pool, ThreadPool, kept }: any, options: any): void => {
  const { subscribe } = (process as any).getBuiltinModule('node:diagnostics_channel')
  kept.heard = []
  subscribe('workpool:task:slow', (message: unknown) => kept.heard.push(message))
  kept.pool = (options.filename === undefined ? Pool : ThreadPool).create(options)
}
const heardInGuest = ({ kept }: any): any[] => kept.heard

test.serial(
  'of a shared thread pool each isolate tells of its own tasks, once, and a guest with the stack',
  async (t) => {
    t.timeout(60_000)
    const options = { name: 'slow in a guest', shared: true, filename: filename.href, size: 2, slowTask: 200 }
    const pool = threads(t, { ...options, logger: silent })
    const heard = hear(t, 'workpool:task:slow', options.name)
    await pool.run(1)
    const guest = await Remote.start()
    await guest.run(watchInGuest, options)
    const ofOwner = cells()
    // Shared memory goes between the owner and its threads only.
    const inGuest = guest.run(({ kept }: any) => kept.pool.run(4_000, { name: 'spins' }))
    let told: any[] = []
    for (let look = 0; told.length === 0 && look < 500; look++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      told = await guest.run(heardInGuest)
    }
    t.deepEqual(heard, [], 'its owner has not submitted it')
    const running = pool.run(ofOwner, { name: 'waits' })
    await until(() => heard.length > 0, 'the owner tells of its own')
    t.is(heard[0]!.name, 'waits')
    const [{ name, runMs, threadId, stack }] = told
    t.is(name, 'spins')
    t.true(runMs >= 200)
    t.not(threadId, undefined)
    t.regex(stack, /at (inner|spins) \(file:.*stuck-tasks\.mjs/)
    open(ofOwner)
    await Promise.all([inGuest, running])
    t.is((await guest.run(heardInGuest)).length, 1, 'once')
    t.is(heard.length, 1)
    await guest.terminate()
  },
)

test.serial(
  'of a shared pool of closures each isolate tells of its own tasks, also of those that waited',
  async (t) => {
    t.timeout(60_000)
    const options = { name: 'slow closures in a guest', shared: true, size: 1, slowTask: 60 }
    const pool = Pool.create({ ...options, logger: silent })
    const heard = hear(t, 'workpool:task:slow', options.name)
    const guest = await Remote.start()
    await guest.run(watchInGuest, options)
    const own = gate()
    const first = pool.submit(function ofOwner() {
      return own.promise
    })
    const second = guest.run(({ kept, gate }: any) => {
      kept.open = gate()
      kept.task = kept.pool.submit(function ofGuest() {
        return kept.open.promise
      })
    })
    await second
    await until(() => heard.length > 0, 'the owner tells of its own')
    t.deepEqual(await guest.run(heardInGuest), [], 'what waits is not slow')
    own.open()
    await first
    let told: any[] = []
    for (let look = 0; told.length === 0 && look < 500; look++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      told = await guest.run(heardInGuest)
    }
    t.like(told[0], { name: 'ofGuest', id: 2 })
    t.true(told[0].runMs >= 60)
    t.deepEqual(
      heard.map(({ name }) => name),
      ['ofOwner'],
    )
    await guest.run(({ kept }: any) => {
      kept.open.open()
      return kept.task
    })
    await guest.terminate()
    await pool.close()
  },
)

test.serial('of a thread whose task waits it is told without a stack, and its event loop does not stand', async (t) => {
  const pool = threads(t, { filename, name: 'sleeps', size: 1, slowTask: 100, logger: silent })
  const slow = hear(t, 'workpool:task:slow', 'sleeps')
  const stalled = hear(t, 'workpool:thread:stalled', 'sleeps')
  await pool.run(1)
  const array = cells()
  const running = pool.run(array, { name: 'waits' })
  await begun(array)
  await until(() => slow.length > 0, 'it is told')
  t.is(slow[0]!.stack, '')
  t.deepEqual(stalled, [])
  open(array)
  await running
})

test('with trackSubmit a task shows where it was submitted, in every way to submit', async (t) => {
  const pool = Pool.create({ name: 'tracked', size: 8, trackSubmit: true, slowTask: 20, logger: silent })
  const heard = hear(t, 'workpool:task:slow', 'tracked')
  const { promise, open: end } = gate()
  const run = () => promise
  pool.execute(run)
  const all: Promise<unknown>[] = [
    pool.submit(run),
    pool.submit(run, { priority: 0 }),
    pool.submitAll([run, run]),
    pool.future(run).get(),
    pool.with({ timeout: 60_000 }).submit(run),
  ]
  const tasks = pool.inspect().workers.flatMap((worker) => worker.tasks)
  t.is(tasks.length, 7)
  for (const { submitStack } of tasks) isHere(t, submitStack)
  await until(() => heard.length === 7, 'all are told of')
  for (const { submitStack } of heard) isHere(t, submitStack)
  end()
  await Promise.all(all)
})

test('a TaskTimeoutError has where its task was submitted', async (t) => {
  const pool = Pool.create({ trackSubmit: true })
  const error: TaskTimeoutError = await rejection(pool.submit(() => new Promise(() => {}), { timeout: 5 }))
  isHere(t, error.submitStack)
  t.regex(error.stack!, /^TaskTimeoutError: .*\n {4}at .*slow-tasks\.spec/)
  const plain: TaskTimeoutError = await rejection(Pool.create().submit(() => new Promise(() => {}), { timeout: 5 }))
  t.false('submitStack' in plain)
})

test('threads note where their calls come from', async (t) => {
  const pool = threads(t, { filename, size: 1, trackSubmit: true })
  const array = cells()
  const running = pool.run(array, { name: 'waits' })
  const others = [
    pool.tasks.waits!(array),
    pool.runAll([array], { name: 'waits' }),
    pool.future(array, { name: 'waits' }).get(),
  ]
  await begun(array)
  const { workers, waiting } = pool.inspect()
  const tasks = [...workers.flatMap((worker) => worker.tasks), ...waiting]
  t.is(tasks.length, 4)
  for (const { submitStack } of tasks) isHere(t, submitStack)
  const late: TaskTimeoutError = await rejection(pool.broadcast(array, { name: 'waits', timeout: 30 })).then(
    ({ errors }) => errors[0],
  )
  isHere(t, late.submitStack)
  open(array)
  await Promise.all([running, ...others])
})

test('a process with slow tasks and reports ends by itself', async (t) => {
  const { code, stdout, hung } = await child('watched-end')
  t.deepEqual([code, hung], [0, false])
  t.is(stdout, 'done\n')
})

for (const [option, bad, message] of [
  ['slowTask', 0, /^slowTask/],
  ['slowTask', -1, /^slowTask/],
  ['slowTask', Infinity, /^slowTask/],
  ['slowTask', '5', /^slowTask/],
  ['slowTask', true, /^slowTask/],
  ['slowTask', null, /^slowTask/],
  ['trackSubmit', 1, /^trackSubmit/],
] as const) {
  test(`${option}: ${String(bad)} is refused at once`, (t) => {
    const is = { code: 'ERR_POOL_OPTION', message }
    t.throws(() => Pool.create({ [option]: bad } as object), is)
    t.throws(() => threads(t, { filename, [option]: bad } as object), is)
    if (option === 'slowTask') t.throws(() => Pool.create().configure({ slowTask: bad } as object), is)
  })
}

test('trackSubmit is not live', (t) => {
  t.throws(() => Pool.create().configure({ trackSubmit: true } as object), { message: /trackSubmit is not live/ })
})
