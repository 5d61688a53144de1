// What piscina and others are tested for, where nothing else here shows it. PEERS.md has the whole list, by these numbers.
import { once, EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type MessagePort, Worker } from 'node:worker_threads'

import test from 'ava'
import { PoolClosedError, PoolOverloadError, ReleaseTimeoutError, ThreadPool, WorkerCrashedError } from 'workpool'
import { currentTask, isWorkerThread, maybeCurrentTask, transfer, workerData } from 'workpool/worker'

import { begun, cells, open } from './support/cells.js'
import { threads } from './support/threads.js'
import { rejection, until } from './support/until.js'

const FIXTURES = join(process.cwd(), '__test__', 'fixtures')
const filename = join(FIXTURES, 'peer-tasks.mjs')
type Options = Parameters<typeof threads>[1]
const peers = (t: Parameters<typeof threads>[0], options: Options = {}) => threads(t, { filename, size: 1, ...options })

/** Runs `rounds` tasks one after the other; a pool that could lose its way would by then. */
async function isWell(t: Parameters<typeof threads>[0], pool: ReturnType<typeof peers>, rounds = 3) {
  for (let i = 0; i < rounds; i++) t.is(await pool.run(i), i)
}

// ── execution and loading ───────────────────────────────────────────────────────────────────────────────────────

test.serial('1–4: what a function returns, resolves to, throws or rejects with', async (t) => {
  const pool = peers(t)
  t.is(await pool.run('returned'), 'returned')
  t.is(await pool.run('resolved', { name: 'resolves' }), 'resolved')
  await t.throwsAsync(pool.run('thrown', { name: 'throws' }), { instanceOf: TypeError, message: 'thrown' })
  await t.throwsAsync(pool.run('rejected', { name: 'rejects' }), { instanceOf: RangeError, message: 'rejected' })
  t.like(pool.stats(), { completed: 2, failed: 2, workers: { started: 1, crashed: 0 } })
})

test.serial('5: a function is named for every call or for one', async (t) => {
  const pool = peers(t)
  const named = pool.with({ name: 'resolves' })
  t.is(await named.run('of all'), 'of all')
  await t.throwsAsync(named.run('of one', { name: 'throws' }), { instanceOf: TypeError, message: 'of one' })
})

test.serial('8: a file URL of a CommonJS module', async (t) => {
  const pool = threads(t, { filename: pathToFileURL(join(FIXTURES, 'tasks.cjs')), size: 1 })
  t.is(await pool.run('default'), 'default')
  t.is(await pool.tasks.add!(1, 2, 3), 6)
})

for (const file of ['promise.cjs', 'promise.mjs']) {
  test.serial(`10: a module that exports a promise of its function: ${file}`, async (t) => {
    const pool = threads(t, { filename: join(FIXTURES, 'loaded', file), size: 1 })
    t.deepEqual(await pool.run(1), [file, 1])
  })
}

test.serial('10: a module that awaits while it is loaded', async (t) => {
  const pool = threads(t, { filename: join(FIXTURES, 'loaded', 'awaits.mjs'), size: 1 })
  t.deepEqual(await Promise.all([pool.tasks.named!(1), pool.tasks.named!(2)]), [
    ['awaits.mjs', 1],
    ['awaits.mjs', 2],
  ])
})

test.serial('11: env, argv and execArgv reach the thread', async (t) => {
  const pool = peers(t, { env: { PEERS: 'hello' }, argv: ['--some', 'argument'], execArgv: ['--no-warnings'] })
  t.deepEqual(await pool.tasks.settings!(), {
    env: 'hello',
    argv: ['--some', 'argument'],
    execArgv: ['--no-warnings'],
    isWorkerThread: true,
  })
})

test.serial('14: here is no thread of a pool, and a worker that is not of a pool is none either', async (t) => {
  t.false(isWorkerThread)
  t.is(maybeCurrentTask(), undefined)
  t.throws(() => currentTask(), { code: 'ERR_POOL_OPTION' })
  t.is(workerData, undefined)
  const source = `
    const { parentPort } = require('node:worker_threads');
    import('workpool/worker').then(({ isWorkerThread, workerData }) => parentPort.postMessage([isWorkerThread, workerData]))`
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: { workpool: 'mine' } })
  const ended = once(worker, 'exit')
  t.deepEqual(await once(worker, 'message'), [[false, undefined]])
  await ended
})

// ── payloads ────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('19: a result is moved: an ArrayBuffer, a MessagePort', async (t) => {
  const pool = peers(t)
  const buffer = (await pool.tasks.movedBuffer!(5)) as ArrayBuffer
  t.deepEqual(new Uint8Array(buffer), new Uint8Array(5).fill(7))
  const { port } = (await pool.tasks.movedPort!()) as { port: MessagePort }
  const answer = once(port, 'message')
  port.postMessage(21)
  t.deepEqual(await answer, [42])
})

test.serial('20: transfer of a primitive is that primitive', async (t) => {
  const pool = peers(t)
  for (const value of [0, -0, '', 'text', true, null, undefined, 1n]) {
    t.is(await pool.tasks.movedPrimitive!(value), value)
  }
  t.truthy(transfer(1, []), 'outside of a thread, too')
})

test.serial('17, 21, 22: what is listed is moved with its content, and what is not is cloned', async (t) => {
  const pool = peers(t)
  const bytes = Buffer.alloc(10_000, 'workpool')
  const expected = Buffer.from(bytes)
  const other = new Uint8Array([1, 2, 3])
  const [moved, cloned] = (await pool.run([bytes, other], { transfer: [bytes.buffer as ArrayBuffer] })) as Uint8Array[]
  t.is(bytes.length, 0)
  t.is(other.length, 3)
  t.true(Buffer.from(moved!).equals(expected))
  t.deepEqual(cloned, other)
})

test.serial('18: after many that cannot be cloned, in both directions, all threads are of use', async (t) => {
  const pool = peers(t, { size: 2 })
  const uncloneable = Array.from({ length: 20 }, () => rejection(pool.run(() => {})))
  for (const error of await Promise.all(uncloneable)) t.is(error.name, 'DataCloneError')
  t.is(pool.stats().submitted, 0)
  await isWell(t, pool)
})

// ── sizing ──────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('23: threads are started when they are needed: one is enough for tasks one after the other', async (t) => {
  const pool = peers(t, { size: 3 })
  t.is(pool.running, 0)
  const used = new Set<unknown>()
  for (let i = 0; i < 50; i++) used.add(await pool.tasks.thread!())
  t.is(pool.stats().workers.started, 1)
  t.is(used.size, 1)
  const gate = cells()
  const held = [pool.tasks.held!(gate, 1), pool.tasks.held!(gate, 2)]
  await begun(gate, 2)
  t.is(pool.running, 2)
  open(gate)
  await Promise.all(held)
})

test.serial('26: where threads do not expire they stay', async (t) => {
  const staying = peers(t, { size: 2, expiry: Infinity })
  const staying2 = peers(t, { size: 2, expiry: 1, disablePurge: true })
  const expiring = peers(t, { size: 2, expiry: 20 })
  for (const pool of [staying, staying2, expiring]) {
    const gate = cells()
    const held = [pool.tasks.held!(gate, 1), pool.tasks.held!(gate, 2)]
    await begun(gate, 2)
    open(gate)
    await Promise.all(held)
  }
  await until(() => expiring.running === 0, 'two idle threads expire')
  t.is(expiring.stats().workers.retired, 2)
  t.is(staying.running, 2)
  t.is(staying2.running, 2)
})

test.serial('27, 28: idle follows the load, and nothing runs after destroy', async (t) => {
  const pool = peers(t, { size: 2 })
  t.is(pool.idle, 0)
  const gates = [cells(), cells()]
  const held = gates.map((gate) => pool.tasks.held!(gate))
  await Promise.all(gates.map((gate) => begun(gate)))
  t.like(pool.stats(), { running: 2, busy: 2, idle: 0, available: 0 })
  open(gates[0]!)
  await held[0]
  t.like(pool.stats(), { running: 2, busy: 1, idle: 1, available: 1 })
  open(gates[1]!)
  await held[1]
  t.like(pool.stats(), { running: 2, busy: 0, idle: 2, available: 2 })
  await pool.destroy()
  t.like(pool.stats(), { running: 0, busy: 0, idle: 0, isClosed: true })
})

test.serial('29, 52: pools that never had a task, had one, or are ready, close', async (t) => {
  const unused = peers(t, { size: 3, minSize: 2 })
  await unused.close()
  t.is(unused.stats().workers.started, 0)
  const used = peers(t, { size: 3 })
  t.is(await used.run(1), 1)
  await used.close()
  const ready = peers(t, { size: 3, minSize: 2 })
  await ready.ready()
  await ready.close()
  for (const pool of [unused, used, ready]) t.like(pool.stats(), { running: 0, isClosed: true })
})

// ── queue ───────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('30, 31, 34, 75: all that does not fit waits, up to the bound, with and without a signal', async (t) => {
  for (const options of [{}, { signal: new AbortController().signal }, { timeout: 60_000 }, { priority: 5 }]) {
    const pool = peers(t, { maxBlockingTasks: 3 })
    const gate = cells()
    const running = pool.tasks.held!(gate, 'ran')
    await begun(gate)
    const tasks = Array.from({ length: 50 }, (_, i) => pool.run(i, options))
    t.is(pool.waiting, 3)
    const ends = Promise.allSettled(tasks)
    open(gate)
    t.is(await running, 'ran')
    const refused = (await ends).filter((end) => end.status === 'rejected')
    t.is(refused.length, 47)
    for (const { reason } of refused) t.true(reason instanceof PoolOverloadError)
    t.like(pool.stats(), { completed: 4, rejected: { overload: 47 }, peakWaiting: 3 })
  }
})

test.serial('32: a thread that boots is room for one task more than may wait', async (t) => {
  const pool = peers(t, { size: 1, minSize: 1, maxBlockingTasks: 1 })
  const taken = [pool.run(1), pool.run(2)]
  t.true((await rejection(pool.run(3))) instanceof PoolOverloadError)
  t.deepEqual(await Promise.all(taken), [1, 2])
})

test.serial('35: with two tasks per thread others wait until one of them ends', async (t) => {
  const pool = peers(t, { concurrency: 2 })
  const gates = [cells(), cells()]
  const held = gates.map((gate, i) => pool.tasks.held!(gate, i))
  await Promise.all(gates.map((gate) => begun(gate)))
  const next = pool.run('next')
  t.is(pool.waiting, 1)
  open(gates[1]!)
  t.is(await held[1], 1)
  t.is(await next, 'next')
  open(gates[0]!)
  t.is(await held[0], 0)
  t.is(pool.stats().workers.started, 1)
})

test.serial(
  '37, 40: waiting tasks may leave from the front, the middle and the end; what is gone may be aborted again',
  async (t) => {
    const pool = peers(t)
    const gate = cells()
    const running = pool.tasks.held!(gate)
    await begun(gate)
    const controllers = Array.from({ length: 3_000 }, () => new AbortController())
    const tasks = controllers.map(({ signal }, i) => pool.run(i, { name: 'started', signal }))
    const ends = Promise.allSettled(tasks)
    const left = [0, 1, 2, 1_023, 1_024, 1_500, 2_047, 2_048, 2_998, 2_999]
    for (const i of left) controllers[i]!.abort()
    t.is(pool.waiting, 3_000 - left.length)
    for (const i of left) controllers[i]!.abort()
    t.is(pool.waiting, 3_000 - left.length)
    open(gate)
    await running
    const aborted = (await ends).flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))
    t.deepEqual(aborted, left)
    t.deepEqual(
      await pool.tasks.orderOfStarts!(),
      controllers.map((_, i) => i).filter((i) => !left.includes(i)),
    )
    for (const controller of controllers) controller.abort()
    t.like(pool.stats(), { cancelled: left.length, waiting: 0, unsettled: 0 })
  },
)

for (const [how, concurrency] of [
  ['one at a time', 1],
  ['three at a time', 3],
] as const) {
  test.serial(`38: tasks start first in, first out, under load, ${how}`, async (t) => {
    const pool = peers(t, { concurrency })
    const values = Array.from({ length: 2_000 }, (_, i) => i)
    await Promise.all(values.map((i) => pool.run(i, { name: i % 7 === 0 ? 'startedLater' : 'started' })))
    const order = (await pool.tasks.orderOfStarts!()) as number[]
    t.deepEqual(
      order.filter((value, i) => value !== i),
      [],
    )
    t.is(order.length, values.length)
  })
}

test.serial('78: of what waits the lower priority goes first, first in, first out within one', async (t) => {
  const pool = peers(t)
  const gate = cells()
  const running = pool.tasks.held!(gate)
  await begun(gate)
  const tasks = (['low', 'normal', 'high', 'low', 0, undefined, 2, 7] as const).map((priority, i) =>
    pool.run(`${priority} ${i}`, { name: 'started', ...(priority === undefined ? {} : { priority }) }),
  )
  open(gate)
  await Promise.all([running, ...tasks])
  const expected = ['high 2', '0 4', 'normal 1', 'undefined 5', 'low 0', 'low 3', '2 6', '7 7']
  t.deepEqual(await pool.tasks.orderOfStarts!(), expected)
})

// ── cancellation ────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('39: an abort without a reason rejects with an AbortError, and the next task works', async (t) => {
  const pool = peers(t, { grace: 10_000 })
  const gate = cells()
  const controller = new AbortController()
  const running = pool.run(gate, { name: 'heeds', signal: controller.signal })
  await begun(gate)
  controller.abort()
  const error = await rejection(running)
  t.is(error, controller.signal.reason)
  t.is(error.name, 'AbortError')
  await isWell(t, pool)
  t.is(pool.stats().workers.started, 1)
})

test.serial('42: an EventEmitter is no signal', async (t) => {
  const pool = peers(t)
  await t.throwsAsync(pool.run(1, { signal: new EventEmitter() as never }), {
    code: 'ERR_POOL_OPTION',
    message: /signal/,
  })
})

// ── crash ───────────────────────────────────────────────────────────────────────────────────────────────────────

for (const [name, argument, exitCode] of [
  ['exitAfterwards', 9, 9],
  ['throwAfterwards', 'too late', 1],
] as const) {
  test.serial(`47, 49: ${name}: a thread that dies after a task takes no more than the next one with it`, async (t) => {
    const pool = peers(t, { stderr: true })
    for (let round = 0; round < 5; round++) {
      const ends = await Promise.allSettled([pool.run(argument, { name }), ...[1, 2, 3].map((i) => pool.run(i))])
      t.is(ends[0].status, 'fulfilled')
      const failed = ends.filter((end) => end.status === 'rejected')
      t.true(failed.length <= 1)
      for (const { reason } of failed) {
        t.true(reason instanceof WorkerCrashedError)
        t.is(reason.exitCode, exitCode)
      }
      // Until it is dead it may take one more.
      await until(() => pool.stats().workers.crashed === round + 1, 'the thread dies')
      await isWell(t, pool)
    }
  })
}

test.serial('51: what is thrown in a context of its own arrives as what it is', async (t) => {
  const pool = peers(t)
  const thrown = await rejection(pool.run('new', { name: 'throwsInContext' }))
  t.true(thrown instanceof TypeError)
  t.is(thrown.message, 'from elsewhere')
  const rejected = await rejection(pool.run('old', { name: 'throwsInContext' }))
  t.true(rejected instanceof RangeError)
  t.is(rejected.message, 'from elsewhere, later')
  t.is(pool.stats().workers.crashed, 0)
})

// ── shutdown ────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial(
  '54, 55, 81: while it closes a pool refuses; release then rejects what waits, and what runs finishes',
  async (t) => {
    const pool = peers(t)
    const gate = cells()
    const running = pool.tasks.held!(gate, 'ran')
    await begun(gate)
    const waiting = rejection(pool.run('waits'))
    const closed = pool.close()
    t.true((await rejection(pool.run('late'))) instanceof PoolClosedError)
    t.true((await rejection(pool.ready())) instanceof PoolClosedError)
    t.throws(() => pool.runSync('late'), { instanceOf: PoolClosedError })
    t.is(pool.waiting, 1)
    pool.release()
    t.true((await waiting) instanceof PoolClosedError)
    open(gate)
    t.is(await running, 'ran')
    await closed
    t.true((await rejection(pool.run('too late'))) instanceof PoolClosedError)
    t.like(pool.stats(), { running: 0, completed: 1, rejected: { closed: 3, released: 1 } })
  },
)

test.serial('56, 57: a close out of time says so, and destroy ends what is left', async (t) => {
  const pool = peers(t)
  const gate = cells()
  const running = rejection(pool.run(gate, { name: 'never' }))
  await begun(gate)
  const waiting = rejection(pool.run('waits'))
  const before = performance.now()
  t.true((await rejection(pool.close({ timeout: 30 }))) instanceof ReleaseTimeoutError)
  t.true(performance.now() - before >= 29)
  t.true((await waiting) instanceof PoolClosedError)
  await pool.destroy()
  t.true((await running) instanceof PoolClosedError)
  t.like(pool.stats(), { running: 0, cancelled: 1, rejected: { released: 1 }, unsettled: 0 })
})

test.serial('58: await using waits for all that was accepted', async (t) => {
  const results: unknown[] = []
  let pool: ThreadPool
  {
    await using own = ThreadPool.create({ filename, size: 2 })
    pool = own
    for (let i = 0; i < 20; i++) void own.run(i, { name: 'resolves' }).then((value) => results.push(value))
  }
  t.is(results.length, 20)
  t.like(pool.stats(), { running: 0, isClosed: true })
})

test.serial('74: close with three threads never ends a task, though the others are idle or done before', async (t) => {
  for (let round = 0; round < 5; round++) {
    const pool = peers(t, { size: 3 })
    const gates = [cells(), cells(), cells()]
    const held = gates.map((gate, i) => pool.tasks.held!(gate, i))
    await Promise.all(gates.map((gate) => begun(gate)))
    open(gates[0]!)
    await held[0]
    let isClosed = false
    const closed = pool.close().then(() => (isClosed = true))
    open(gates[1]!)
    await held[1]
    await until(() => pool.running === 1, 'two threads are gone')
    t.false(isClosed)
    open(gates[2]!)
    t.is(await held[2], 2)
    await closed
    t.like(pool.stats(), { completed: 3, failed: 0, cancelled: 0, workers: { crashed: 0 } })
  }
})

// ── observability ───────────────────────────────────────────────────────────────────────────────────────────────

test.serial('62: panicHandler is told how long a task has waited and run', async (t) => {
  const times: { waitMs: number; runMs: number }[] = []
  const pool = peers(t, { panicHandler: (_, { waitMs, runMs }) => void times.push({ waitMs, runMs }) })
  await rejection(pool.run('fails', { name: 'rejects' }))
  const [{ waitMs, runMs }] = times as [(typeof times)[0]]
  // It had to wait for its thread.
  t.true(waitMs > 1 && runMs > 0, JSON.stringify(times))
})

test.serial('63: drain resolves, and a vacancy is given, when there is room, and not before', async (t) => {
  const pool = peers(t)
  await pool.vacancy()
  const gate = cells()
  const running = pool.tasks.held!(gate)
  await begun(gate)
  const waiting = pool.run('waits')
  const seen: string[] = []
  const drained = pool.drain().then(() => seen.push('drained'))
  const vacant = pool.vacancy().then(() => seen.push('vacant'))
  await new Promise(setImmediate)
  t.deepEqual(seen, [])
  open(gate)
  await Promise.all([running, waiting, drained, vacant])
  t.deepEqual(seen.toSorted(), ['drained', 'vacant'])
})

test.serial('64: threads that are started, retired and crashed are counted', async (t) => {
  const pool = peers(t, { size: 2, expiry: 20 })
  await rejection(pool.tasks.exit!(1))
  await pool.run(1)
  await until(() => pool.running === 0, 'the threads expire')
  t.like(pool.stats().workers, { started: 2, retired: 1, crashed: 1 })
})

// ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────

test('85: every point of PEERS.md has a test that exists, or says that it is not in our API', (t) => {
  const read = (file: string) => readFileSync(join(process.cwd(), '__test__', file), 'utf8')
  const rows = [...read('PEERS.md').matchAll(/^\| (\d+) \|.*?\| (.*) \|$/gm)]
  t.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 85 }, (_, i) => i + 1),
  )
  for (const [, number, shown] of rows) {
    const tests = [...shown!.matchAll(/`([a-z/-]+): ([^`]+)`/g)]
    t.true(tests.length > 0 || shown!.startsWith('not in our API'), number)
    for (const [, file, title] of tests) t.true(read(`${file}.spec.ts`).includes(title!), `${number}: ${title}`)
  }
})
