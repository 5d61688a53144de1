// `runAll`: several calls of an export that are accepted all together or refused all together.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MessageChannel } from 'node:worker_threads'

import test from 'ava'
import { MultiPool, Pool, PoolClosedError, PoolOverloadError, ThreadPool, WaitTimeoutError } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { Remote } from '../support/remote.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const cells = () => new Int32Array(new SharedArrayBuffer(8))
const release = (all: Int32Array): void => {
  Atomics.store(all, 1, 1)
  Atomics.notify(all, 1)
}

test('results come in the order of the arguments, whatever these are made of', async (t) => {
  const pool = threads(t, { size: 2 })
  class Point {
    x = 1
  }
  const args = [1, -0, 'text', 'ä€', null, undefined, true, false, { a: [1, { b: 2 }] }, [1, 2, 3], 12n, new Date(7)]
  t.deepEqual(await pool.runAll(args), args)
  t.deepEqual(await pool.runAll(args.values()), args)
  const rich = [new Map([[1, new Set([2])]]), new Error('an error'), /x/g, new Point(), new Uint8Array(20_000).fill(7)]
  const [map, error, pattern, point, bytes] = (await pool.runAll(rich)) as any[]
  t.deepEqual([map, error.message, pattern, point], [rich[0], 'an error', /x/g, { x: 1 }])
  t.deepEqual(bytes, rich[4])
  t.deepEqual(await pool.runAll([]), [])
})

test('a name calls another export, also before a thread has loaded', async (t) => {
  const pool = threads(t, { size: 1 })
  t.deepEqual(await pool.runAll([1, 2], { name: 'echo' }), [1, 2])
  t.deepEqual(await pool.runAll([3, 'x', { y: 1 }], { name: 'echo' }), [3, 'x', { y: 1 }])
  t.is(((await rejection(pool.runAll([1], { name: 'none' }))) as any).code, 'ERR_POOL_OPTION')
})

test('an argument that cannot be cloned refuses all, and nothing has been submitted or moved', async (t) => {
  const pool = threads(t, { size: 1 })
  await pool.run(1)
  const buffer = new ArrayBuffer(8)
  const transfer = (argument: unknown) => (argument === buffer ? [buffer] : undefined)
  const error = await rejection(pool.runAll([1, buffer, () => 1, 4], { transfer }))
  t.is((error as Error).name, 'DataCloneError')
  t.deepEqual([buffer.byteLength, pool.stats().submitted, pool.waiting], [8, 1, 0])
  t.deepEqual(await pool.runAll([1, 2]), [1, 2], 'and the places are free')
})

test('transfer says of each argument what is moved', async (t) => {
  const pool = threads(t, { size: 1 })
  const buffers = [8, 16, 24].map((size) => new ArrayBuffer(size))
  const seen: unknown[] = []
  const transfer = (buffer: ArrayBuffer, index: number) => {
    seen.push(index)
    return index === 1 ? undefined : [buffer]
  }
  const back = (await pool.runAll(buffers, { name: 'echo', transfer })) as ArrayBuffer[]
  t.deepEqual(
    [back.map(({ byteLength }) => byteLength), buffers.map(({ byteLength }) => byteLength), seen],
    [
      [8, 16, 24],
      [0, 16, 0],
      [0, 1, 2],
    ],
  )
  const { port1, port2 } = new MessageChannel()
  await pool.runAll([port2], { name: 'nothing', transfer: (port) => [port] })
  port1.close()
})

test('a pool without room for all refuses all, and leaves what would be moved', async (t) => {
  const pool = threads(t, { size: 1, maxBlockingTasks: 2 })
  const gate = cells()
  const running = pool.run(gate, { name: 'gatedAsync' } as any)
  await until(() => gate[0] === 1, 'it runs')
  const buffer = new ArrayBuffer(8)
  const error = await rejection(pool.runAll([buffer, 2, 3], { transfer: (item) => (item === buffer ? [buffer] : []) }))
  t.true(error instanceof PoolOverloadError)
  t.true((await rejection(pool.runAll([1], { waitTimeout: 0 }))) instanceof WaitTimeoutError)
  t.deepEqual([buffer.byteLength, pool.waiting], [8, 0])
  const all = pool.runAll([buffer, 2], { transfer: (item) => (item === buffer ? [buffer] : []) })
  t.is(buffer.byteLength, 0)
  release(gate)
  await running
  t.is((await all).length, 2)
})

test('the first failure rejects at once, and ends what waits and what runs', async (t) => {
  const pool = threads(t, { size: 1, concurrency: 2 })
  await pool.ready()
  const gate = cells()
  const error = await rejection(pool.runAll([{ gate }, { gate, fails: true }, { gate }], { name: 'failOrWait' }))
  t.is((error as Error).message, 'fail')
  await until(() => pool.busy === 0 && pool.waiting === 0, 'all have ended')
  // The place of the one that failed may go to the last one before the abort.
  t.true(gate[0] === 1 || gate[0] === 2, 'whatever ran has seen its signal abort')
  t.is(pool.stats().cancelled, 2)
})

test('the signal ends all, before and after', async (t) => {
  const pool = threads(t, { size: 1 })
  const controller = new AbortController()
  const gate = cells()
  const all = pool.runAll([gate, gate], { name: 'gatedAsync', signal: controller.signal })
  await until(() => gate[0] === 1, 'one runs')
  controller.abort('enough')
  t.is(await rejection(all), 'enough')
  t.is(await rejection(pool.runAll([1], { signal: controller.signal })), 'enough')
  t.is(pool.waiting, 0)
  release(gate)
})

test('a closed pool and a destroyed one reject with PoolClosedError', async (t) => {
  const pool = threads(t, { size: 1 })
  const gate = cells()
  const all = pool.runAll([gate, gate], { name: 'gatedAsync' })
  await until(() => gate[0] === 1, 'one runs')
  await pool.destroy()
  t.true((await rejection(all)) instanceof PoolClosedError)
  t.true((await rejection(pool.runAll([1]))) instanceof PoolClosedError)
})

test('bad input is told at once', async (t) => {
  const pool = threads(t, { size: 1 })
  for (const [args, options, message] of [
    [5, undefined, /args must be an iterable of arguments/],
    ['text', undefined, /args must be an iterable of arguments/],
    [[1], { transfer: [] }, /transfer must be a function/],
    [[1], { transfer: () => 5 }, /the result of transfer for args\[0\] must be an array/],
    [[1], { weight: 2 }, /weight/],
  ] as const) {
    const error = (await rejection(pool.runAll(args as any, options as any))) as NodeJS.ErrnoException
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, message)
  }
  t.is(pool.stats().submitted, 0)
})

test('very many calls, of small and of large arguments', async (t) => {
  const pool = threads(t, { size: 2 })
  const args = Array.from({ length: 10_000 }, (_, i) => (i % 3 === 0 ? i : i % 3 === 1 ? `text ${i}` : { i }))
  t.deepEqual(await pool.runAll(args), args)
  const large = Array.from({ length: 20 }, (_, i) => new Uint8Array(100_000).fill(i))
  t.deepEqual(await pool.runAll(large), large)
  t.deepEqual(contradictions(pool.stats()), [])
})

test('a death fails the batch with WorkerCrashedError and ends the rest', async (t) => {
  const pool = threads(t, { size: 1 })
  const error = await rejection(pool.runAll([1, 2, 3], { name: 'exit' }))
  t.is((error as any).code, 'ERR_POOL_WORKER_CRASHED')
  await until(() => pool.waiting === 0 && pool.busy === 0, 'nothing is left')
})

test('several pools of threads take a batch together', async (t) => {
  const pools = [threads(t, { size: 1 }), threads(t, { size: 1 })]
  const multi = MultiPool.of(pools)
  t.deepEqual(await multi.runAll([1, 2, 3, 4, 5], { name: 'echo' }), [1, 2, 3, 4, 5])
  t.deepEqual(
    pools.map((pool) => pool.stats().completed),
    [3, 2],
  )
  const closures = MultiPool.of([Pool.create()])
  t.regex(((await rejection((closures as any).runAll([1]))) as Error).message, /submitAll/)
  t.regex(((await rejection((multi as any).submitAll([() => 1]))) as Error).message, /runAll/)
})

test.serial('a guest of a shared pool hands in batches, too', async (t) => {
  const name = 'run-all shared'
  const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'tasks.mjs')).href
  const pool = ThreadPool.create<Record<string, (...args: any[]) => any>>({ name, shared: true, filename, size: 1 })
  const [guest] = await Remote.starting(1)
  const theirs = guest!.run(
    async ({ ThreadPool }, name, filename) => {
      const pool = ThreadPool.create({ name, shared: true, filename })
      const args = Array.from({ length: 3_000 }, (_, i) => ({ i, set: new Set([i]) }))
      const results = (await pool.runAll(args)) as typeof args
      const buffer = new ArrayBuffer(8)
      await pool.runAll([buffer], { transfer: () => [buffer] })
      const uncloneable = await pool.runAll([1, () => 1]).catch((error) => error.name)
      await pool.close({})
      return [results.every(({ i, set }, at) => i === at && set.has(i)), buffer.byteLength, uncloneable]
    },
    name,
    filename,
  )
  const args = Array.from({ length: 3_000 }, (_, i) => i)
  const own = await pool.runAll(args).catch((error: unknown) => {
    if (!(error instanceof PoolClosedError)) throw error
    return args
  })
  t.deepEqual(own, args)
  t.deepEqual(await theirs, [true, 0, 'DataCloneError'])
  await pool.close()
})
