import { writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { PoolError, ThreadPool } from 'workpool'

import { accountedFor, contradictions } from '../support/accounts.js'

const fixture = (name: string) => join(process.cwd(), '__test__', 'fixtures', name)
const filename = fixture('thread-tasks.mjs')
type Options = Partial<Parameters<typeof ThreadPool.create>[0]>
const create = (options: Options = {}) =>
  ThreadPool.create<Record<string, (...args: any[]) => any>>({ filename, size: 1, ...options })

function flags(count = 2) {
  const all = new Int32Array(new SharedArrayBuffer(4 * count))
  const set = async (place: number) => {
    while (Atomics.load(all, place) === 0) await new Promise(setImmediate)
  }
  return { all, set }
}

function addsUp(t: ExecutionContext, pool: { stats: ThreadPool['stats'] }) {
  const stats = pool.stats()
  t.is(stats.submitted, accountedFor(stats))
  t.deepEqual(contradictions(stats), [])
}

// ── loading ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('nothing starts before it is needed; ready starts one thread', async (t) => {
  await using pool = create({ size: 3 })
  t.is(pool.running, 0)
  await pool.ready()
  t.is(pool.running, 1)
  t.deepEqual(await pool.run(1), ['default', 1])
  t.is(pool.stats().workers.started, 1)
})

test('preAlloc starts all threads at once', async (t) => {
  await using pool = create({ size: 2, preAlloc: true })
  t.is(pool.running, 2)
})

test('a module is found by path and by file URL; exports by default and by name, with any number of arguments', async (t) => {
  await using byUrl = create({ filename: pathToFileURL(filename) })
  await using byHref = create({ filename: pathToFileURL(filename).href })
  t.deepEqual(await byUrl.run('url'), ['default', 'url'])
  t.deepEqual(await byHref.run('href'), ['default', 'href'])
  t.is(await byUrl.run('named', { name: 'identity' }), 'named')
  t.is(await byUrl.tasks.count!(), 0)
  t.is(await byUrl.tasks.count!(undefined), 1)
  t.is(await byUrl.tasks.count!(1, 2, 3), 3)
  t.is(await byUrl.with({ name: 'identity', priority: 'high' }).run(2), 2)
  t.is((byUrl.tasks as { then?: unknown }).then, undefined)
})

test('what the thread was made with: workerData, also of node:worker_threads, argv and env', async (t) => {
  const workerData = { some: ['data'] }
  await using pool = create({ workerData, argv: ['--one'], env: { POOL_TEST: 'yes' } })
  t.deepEqual(await pool.tasks.about!(), {
    isWorkerThread: true,
    workerData,
    builtin: workerData,
    argv: ['--one'],
    env: 'yes',
  })
  await using plain = create()
  t.is((await plain.tasks.about!()).workerData, undefined)
})

test('currentTask is there until the first await', async (t) => {
  await using pool = create()
  t.deepEqual(await pool.tasks.task!(), { name: 'task', hasId: true, after: true })
})

test('an export that does not exist is a TypeError, counted as failed', async (t) => {
  await using pool = create()
  await t.throwsAsync(pool.tasks.nothing!(), { instanceOf: TypeError, code: 'ERR_POOL_OPTION', message: /nothing/ })
  t.is(pool.stats().failed, 1)
  t.is(await pool.run(3, { name: 'identity' }), 3)
})

for (const [what, path, cause] of [
  ['a missing file', fixture('not-there.mjs'), /Cannot find|not-there/],
  ['a module that throws', fixture('broken-throw.mjs'), /broken on purpose/],
] as const) {
  test(`${what} rejects everything that waits, is not tried again, and the next task tries again`, async (t) => {
    const pool = create({ filename: path, size: 2 })
    const tasks = [1, 2, 3].map((value) => pool.run(value))
    for (const end of await Promise.allSettled(tasks)) {
      const { reason } = end as PromiseRejectedResult
      t.is(reason.code, 'ERR_POOL_WORKER_START')
      t.true(reason instanceof PoolError)
      t.regex(reason.cause.message, cause)
    }
    t.is(pool.stats().failed, 3)
    t.is(pool.stats().workers.started, 2)
    await t.throwsAsync(pool.ready(), { code: 'ERR_POOL_WORKER_START' })
    await t.throwsAsync(pool.run(4), { code: 'ERR_POOL_WORKER_START' })
    addsUp(t, pool)
    await pool.close()
  })
}

test('a syntax error is a failed start', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'workpool-'))
  const path = join(folder, 'broken.mjs')
  writeFileSync(path, 'export default (((\n')
  const error = await t.throwsAsync(create({ filename: path }).run(1), { code: 'ERR_POOL_WORKER_START' })
  t.true(error.cause instanceof SyntaxError)
})

test('a thread that dies while it loads is started again after a pause, and given up in the end', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'workpool-'))
  const path = join(folder, 'dies.cjs')
  writeFileSync(
    path,
    "const { workerData } = require('node:worker_threads'); if (Atomics.add(workerData, 0, 1) < workerData[1]) process.exit(5); module.exports = () => 'alive'",
  )
  const starts = new Int32Array(new SharedArrayBuffer(8))
  starts[1] = 2
  await using pool = create({ filename: path, workerData: starts })
  const before = performance.now()
  t.is(await pool.run(), 'alive')
  t.true(performance.now() - before >= 300)
  t.is(starts[0], 3)

  const never = new Int32Array(new SharedArrayBuffer(8))
  never[1] = 100
  const hopeless = create({ filename: path, workerData: never })
  await t.throwsAsync(hopeless.run(), { code: 'ERR_POOL_WORKER_START' })
  t.is(never[0], 4)
})

test('bad options are refused before a thread is started', (t) => {
  for (const [options, message] of [
    [{ filename: undefined }, /filename/],
    [{ filename: './relative.js' }, /filename.*absolute/],
    [{ filename: 7 }, /filename/],
    [{ size: Infinity }, /size/],
    [{ size: 0 }, /size/],
    [{ concurrency: 0 }, /concurrency/],
    [{ minSize: 2, size: 1 }, /minSize/],
    [{ grace: -1 }, /grace/],
    [{ recycle: { tasks: 0 } }, /tasks/],
    [{ recycle: { often: 1 } }, /often/],
    [{ errors: [1] }, /errors/],
    [{ init: () => 1 }, /init/],
    [{ unknown: 1 }, /unknown/],
  ] as [object, RegExp][]) {
    t.throws(() => create(options as Options), { code: 'ERR_POOL_OPTION', message })
  }
  t.throws(() => create({ workerData: () => {} }), { name: 'DataCloneError', any: true })
})

test('bad options of a task reject, and change nothing', async (t) => {
  await using pool = create()
  for (const options of [{ name: 1 }, { transfer: {} }, { timeout: 0 }, { signal: 1 }, { unknown: 1 }, null]) {
    await t.throwsAsync(pool.run(1, options as never), { code: 'ERR_POOL_OPTION' })
  }
  t.throws(() => pool.with({ timeout: -1 }), { code: 'ERR_POOL_OPTION' })
  t.is(pool.stats().submitted, 0)
  t.is(pool.running, 0)
})

// ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────

test('values arrive exactly, by whichever way', async (t) => {
  await using pool = create()
  for (const value of [
    undefined,
    null,
    0,
    -0,
    '',
    NaN,
    1n,
    'ä€😀',
    { a: 1, b: [2, { c: null }] },
    new Date(5),
    new Map([[1, new Set([2])]]),
  ]) {
    const result = await pool.run(value, { name: 'identity' })
    t.true(Object.is(result, value) || typeof value === 'object')
    t.deepEqual(result, value)
  }
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  const copy = (await pool.run(cycle, { name: 'identity' })) as typeof cycle
  t.is(copy.self, copy)
  const bytes = new Uint8Array(1_000_000).fill(3)
  t.deepEqual(await pool.run(bytes, { name: 'identity' }), bytes)
  const text = 'x'.repeat(200_000)
  t.is(await pool.run({ text }, { name: 'identity' }).then((result) => (result as { text: string }).text), text)
})

test('transfer moves both ways', async (t) => {
  await using pool = create()
  const bytes = new Uint8Array([1, 2, 3])
  t.deepEqual(await pool.run(bytes, { name: 'identity', transfer: [bytes.buffer] }), new Uint8Array([1, 2, 3]))
  t.is(bytes.byteLength, 0)
  t.deepEqual(await pool.tasks.moved!(4), new Uint8Array([7, 7, 7, 7]))
  // Buffers go another way than what else can be moved.
  const { port1, port2 } = new MessageChannel()
  const mixed = new Uint8Array([4, 5])
  t.deepEqual(await pool.run([mixed, mixed.buffer, 6], { name: 'identity', transfer: [mixed.buffer] }), [
    new Uint8Array([4, 5]),
    new Uint8Array([4, 5]).buffer,
    6,
  ])
  const sent = pool.run({ mixed: new Uint8Array(0), port: port1 }, { name: 'uncloneable', transfer: [port1] })
  await t.throwsAsync(sent, { name: 'DataCloneError', any: true })
  port2.close()
  const twice = new ArrayBuffer(2)
  await t.throwsAsync(pool.run(0, { transfer: [twice, twice] }), { name: 'DataCloneError', any: true })
  t.is(twice.byteLength, 2)
})

test('what cannot be cloned rejects, is not submitted, and moves nothing', async (t) => {
  await using pool = create({ nonblocking: true })
  const bytes = new Uint8Array(3)
  await t.throwsAsync(pool.run([bytes, () => {}], { transfer: [bytes.buffer] }), { name: 'DataCloneError', any: true })
  t.is(bytes.byteLength, 3)
  t.is(pool.stats().submitted, 0)
  await t.throwsAsync(pool.tasks.uncloneable!(), { name: 'DataCloneError', any: true })
  t.is(pool.stats().failed, 1)
  const { all, set } = flags()
  const held = pool.run([all, 1], { name: 'waitFor' })
  await t.throwsAsync(pool.run(bytes, { transfer: [bytes.buffer] }), { code: 'ERR_POOL_OVERLOAD' })
  t.is(bytes.byteLength, 3, 'a refused task leaves what it would have moved')
  Atomics.store(all, 1, 1)
  await held
  void set
})

test('errors arrive whole', async (t) => {
  class Special extends Error {}
  await using pool = create({ errors: [Special] })
  const error = await t.throwsAsync(pool.tasks.fail!('range'), {
    instanceOf: RangeError,
    message: 'failed',
    code: 'E_FAIL',
  })
  t.deepEqual((error as unknown as { extra: unknown }).extra, [1, 2])
  t.true(error.cause instanceof TypeError)
  t.regex(error.stack!, /thread-tasks\.mjs[^]*task fail/)
  await t.throwsAsync(pool.tasks.fail!('special'), { instanceOf: Special, message: 'failed' })
  t.is(await pool.tasks.throwValue!('text').catch((thrown: unknown) => thrown), 'text')
})

// ── cancellation ────────────────────────────────────────────────────────────────────────────────────────────────

test('a running task that is aborted rejects at once; if it heeds its signal its thread lives on', async (t) => {
  await using pool = create({ grace: 10_000 })
  const { all, set } = flags()
  const controller = new AbortController()
  const running = pool.run(all, { name: 'watch', signal: controller.signal })
  await set(0)
  const reason = new Error('enough')
  controller.abort(reason)
  t.is(await t.throwsAsync(running), reason)
  await set(1)
  t.is(all[1], 1, 'the signal in the thread has the same reason')
  t.is(await pool.run(1, { name: 'identity' }), 1)
  t.is(pool.stats().workers.crashed, 0)
  t.is(pool.stats().cancelled, 1)
  addsUp(t, pool)
})

test('a task that does not heed its end is ended with its thread, which is replaced', async (t) => {
  await using pool = create({ grace: 20 })
  const { all, set } = flags()
  const controller = new AbortController()
  const spinning = pool.run(all, { name: 'spin', signal: controller.signal })
  const next = pool.run('next', { name: 'identity' })
  await set(0)
  controller.abort()
  await t.throwsAsync(spinning, { name: 'AbortError', any: true })
  t.is(await next, 'next')
  t.is(pool.stats().workers.crashed, 1)
  await t.throwsAsync(pool.run(flags().all, { name: 'spin', timeout: 20 }), { code: 'ERR_POOL_TASK_TIMEOUT' })
  t.is(await pool.run('again', { name: 'identity' }), 'again')
  addsUp(t, pool)
})

test('a waiting task that is aborted never runs, and an aborted signal submits nothing', async (t) => {
  await using pool = create()
  const { all } = flags(3)
  const held = pool.run([all, 1], { name: 'waitFor' })
  const controller = new AbortController()
  const waiting = pool.run(all, { name: 'spin', signal: controller.signal })
  controller.abort()
  await t.throwsAsync(waiting, { name: 'AbortError', any: true })
  await t.throwsAsync(pool.run(1, { signal: AbortSignal.abort(new Error('before')) }), { message: 'before' })
  Atomics.store(all, 1, 1)
  await held
  t.is(all[0], 0)
  t.is(pool.stats().submitted, 2)
  await t.throwsAsync(pool.run([flags().all, 1], { name: 'waitFor', timeout: 1 }), { code: 'ERR_POOL_TASK_TIMEOUT' })
})

// ── deaths ──────────────────────────────────────────────────────────────────────────────────────────────────────

for (const [what, name, argument, exitCode] of [
  ['exit(0)', 'exit', 0, 0],
  ['exit(7)', 'exit', 7, 7],
  ['an uncaught exception', 'throwLater', undefined, 1],
  ['an unhandled rejection', 'rejectLater', undefined, 1],
] as const) {
  test(`${what} rejects its task as crashed; the next one has another thread`, async (t) => {
    const seen: unknown[] = []
    await using pool = create({ stderr: true, panicHandler: (error) => seen.push(error) })
    const crashed = pool.run(argument, { name })
    const next = pool.run('next', { name: 'identity' })
    const error = await t.throwsAsync(crashed, { code: 'ERR_POOL_WORKER_CRASHED' })
    t.is((error as unknown as { exitCode: number }).exitCode, exitCode)
    t.is(await next, 'next')
    t.deepEqual(seen, [error])
    if (name === 'throwLater') t.is((error.cause as { code?: string }).code, 'E_LATER')
    const { failed, workers } = pool.stats()
    t.deepEqual({ failed, crashed: workers.crashed }, { failed: 1, crashed: 1 })
    addsUp(t, pool)
  })
}

test('a thread that runs out of memory rejects its task', async (t) => {
  await using pool = ThreadPool.create({
    filename: fixture('chaos-tasks.cjs'),
    size: 1,
    resourceLimits: { maxOldGenerationSizeMb: 16 },
    stderr: true,
  })
  const error = await t.throwsAsync(pool.run(undefined, { name: 'hungry' }), { code: 'ERR_POOL_WORKER_CRASHED' })
  t.is((error.cause as { code?: string }).code, 'ERR_WORKER_OUT_OF_MEMORY')
  t.is(await pool.run(1, { name: 'fast' }), 1)
})

// ── size ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a cold burst starts as many threads as there may be, and no task is lost', async (t) => {
  await using pool = create({ size: 3 })
  const results = await Promise.all(Array.from({ length: 200 }, (_, i) => pool.run(i, { name: 'identity' })))
  t.deepEqual(
    results,
    Array.from({ length: 200 }, (_, i) => i),
  )
  t.is(pool.stats().workers.started, 3)
})

test('booting threads are room for a nonblocking pool, and no more than that', async (t) => {
  await using pool = create({ size: 2, nonblocking: true })
  const taken = [pool.run(1, { name: 'identity' }), pool.run(2, { name: 'identity' })]
  await t.throwsAsync(pool.run(3), { code: 'ERR_POOL_OVERLOAD' })
  t.deepEqual(await Promise.all(taken), [1, 2])
})

test('with concurrency tasks of one thread overlap', async (t) => {
  await using pool = create({ size: 1, concurrency: 3 })
  const { all } = flags(3)
  const held = [0, 1, 2].map((place) => pool.run([all, place], { name: 'waitFor' }))
  Atomics.store(all, 2, 1)
  t.is(await held[2], 2)
  Atomics.store(all, 0, 1)
  Atomics.store(all, 1, 1)
  t.deepEqual(await Promise.all(held), [0, 1, 2])
  t.is(pool.stats().workers.started, 1)
})

test('a thread is replaced after so many tasks, and none of them is lost', async (t) => {
  await using pool = create({ recycle: { tasks: 3 } })
  for (let i = 0; i < 9; i++) t.is(await pool.run(i, { name: 'identity' }), i)
  await pool.run(0)
  t.is(pool.stats().workers.started, 4)
  t.is(pool.stats().failed, 0)
})

test('idle threads expire but for minSize of them, and tune below it wins', async (t) => {
  await using pool = create({ size: 3, minSize: 1, expiry: 20 })
  await Promise.all([1, 2, 3].map((value) => pool.run(value)))
  while (pool.running > 1) await new Promise(setImmediate)
  t.is(pool.running, 1)
  t.deepEqual(await pool.run(1), ['default', 1])
})

// ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('close runs all that was accepted, with three threads and a full queue', async (t) => {
  const pool = create({ size: 3 })
  const results = Promise.all(Array.from({ length: 100 }, (_, i) => pool.tasks.identity!(i)))
  await pool.close()
  t.is((await results).length, 100)
  t.is(pool.running, 0)
  await t.throwsAsync(pool.run(1), { code: 'ERR_POOL_CLOSED' })
  pool.reboot()
  t.deepEqual(await pool.run(1), ['default', 1])
  await pool.close()
})

test('drain and close resolve after the tasks that they waited for have settled', async (t) => {
  const pool = create({ size: 2 })
  for (let round = 0; round < 20; round++) {
    let settled = 0
    for (let i = 0; i < 5; i++) void pool.run(i).then(() => settled++)
    await pool.drain()
    t.is(settled, 5)
  }
  let settled = 0
  for (let i = 0; i < 5; i++) void pool.run(i).then(() => settled++)
  await pool.close()
  t.is(settled, 5)
})

test('release rejects what waits and lets what runs finish; destroy ends everything', async (t) => {
  const pool = create()
  const { all } = flags()
  const running = pool.run([all, 1], { name: 'waitFor' })
  await pool.ready()
  while (pool.stats().waiting > 0) await new Promise(setImmediate)
  const waiting = pool.run(2)
  pool.release()
  await t.throwsAsync(waiting, { code: 'ERR_POOL_CLOSED' })
  Atomics.store(all, 1, 1)
  t.is(await running, 1)
  await pool.releaseTimeout(10_000)

  const other = create({ size: 2 })
  const spinning = flags()
  const tasks = [
    other.run(spinning.all, { name: 'spin' }),
    other.run(1),
    other.run(flags().all, { name: 'spin' }),
    other.run(2),
  ]
  await spinning.set(0)
  const ends = Promise.allSettled(tasks)
  await other.destroy()
  const codes = (await ends).map((end) => (end as PromiseRejectedResult).reason?.code)
  t.true(codes.filter((code) => code === 'ERR_POOL_CLOSED').length >= 3)
  t.is(other.running, 0)
  addsUp(t, other)
})

test('runSync gives results, throws what run rejects with, and survives crashes', (t) => {
  const pool = create({ size: 1, stderr: true })
  t.deepEqual(pool.runSync(1), ['default', 1])
  t.deepEqual(pool.runSync(new Map([[1, 2]]), { name: 'identity' }), new Map([[1, 2]]))
  t.throws(() => pool.runSync('range', { name: 'fail' }), { instanceOf: RangeError, code: 'E_FAIL' })
  const error = t.throws(() => pool.runSync(3, { name: 'exit' }), { code: 'ERR_POOL_WORKER_CRASHED' })
  t.is((error as unknown as { exitCode: number }).exitCode, 3)
  t.throws(() => pool.runSync(flags().all, { name: 'spin', timeout: 20 }), { code: 'ERR_POOL_TASK_TIMEOUT' })
  t.is(pool.runSync('again', { name: 'identity' }), 'again')
  t.throws(() => create({ filename: fixture('broken-throw.mjs') }).runSync(), { code: 'ERR_POOL_WORKER_START' })
  t.throws(() => pool.runSync(1, { unknown: 1 } as never), { code: 'ERR_POOL_OPTION' })
})

test('timers and I/O of a thread get their turn while it has tasks without end', async (t) => {
  await using pool = create({ concurrency: 2 })
  const timer = pool.tasks.timers!()
  let isOver = false
  void timer.then(() => (isOver = true))
  while (!isOver) await Promise.all(Array.from({ length: 50 }, (_, i) => pool.run(i, { name: 'identity' })))
  t.is(await timer, 'timer')
})
