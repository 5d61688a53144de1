// `broadcast`: an export that every live thread calls once, and, if it is sticky, every thread that starts later. One after the
// other, as each starts threads.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { MultiPool, Pool, PoolClosedError, TaskTimeoutError, ThreadPool, WorkerStartError } from 'workpool'

import { begun, open } from '../support/cells.js'
import { contradictions } from '../support/accounts.js'
import { Remote } from '../support/remote.js'
import { type Functions, threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'broadcast-tasks.mjs')).href
/** Begun, gate, and a number that each call takes. */
const cells = () => new Int32Array(new SharedArrayBuffer(12))
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Has so many threads run. */
async function fill(pool: ThreadPool<Functions>, count: number): Promise<void> {
  const gate = cells()
  const tasks = Array.from({ length: count }, () => pool.run(gate, { name: 'gated' }))
  await begun(gate, count)
  open(gate)
  await Promise.all(tasks)
}

/** Ends all threads but one. */
async function shrink(pool: ThreadPool<Functions>, size: number): Promise<void> {
  pool.tune(size)
  await until(() => pool.running === size, `${size} threads are left`)
}

test.serial('each thread calls the export once, and the results come in the order of the threads', async (t) => {
  const pool = threads(t, { filename, size: 3 })
  t.deepEqual(await pool.broadcast(1, { name: 'keep' }), [], 'there is no thread')
  await fill(pool, 3)
  const numbers = await pool.broadcast({ a: [1] }, { name: 'keep' })
  t.is(new Set(numbers).size, 3)
  t.deepEqual(await pool.broadcast(undefined, { name: 'thread' }), numbers, 'the same order each time')
  t.deepEqual(await pool.broadcast(undefined, { name: 'current' }), Array(3).fill({ a: [1] }))
  t.deepEqual(await pool.broadcast('x'), Array(3).fill(['default', 'x']))
  const large = new Uint8Array(100_000).fill(7)
  t.deepEqual((await pool.broadcast(large, { name: 'keepLater' })).length, 3)
  t.deepEqual(await pool.broadcast(undefined, { name: 'current' }), [large, large, large])
  t.deepEqual(await pool.broadcast(undefined, { name: 'called' }), [2, 2, 2])
})

test.serial('a busy thread calls it after its task and before those that wait', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  const gate = cells()
  const first = pool.run(gate, { name: 'gated' })
  await begun(gate)
  const waiting = pool.run(gate, { name: 'number', priority: 'high' })
  const told = pool.broadcast(gate, { name: 'number' })
  open(gate)
  t.deepEqual(await Promise.all([first, told, waiting]), [0, [1], 2])
})

test.serial('a thread that is starting calls it before its first task', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  const first = pool.run(undefined, { name: 'called' })
  t.is((await pool.broadcast(1, { name: 'keep' })).length, 1)
  t.is(await first, 1)
})

test.serial('with concurrency it takes a slot that is free', async (t) => {
  const pool = threads(t, { size: 1, concurrency: 2 })
  const gate = cells()
  const running = pool.tasks.gatedAsync!(gate, 'done')
  await begun(gate)
  t.deepEqual(await pool.broadcast('beside', { name: 'echo' }), ['beside'])
  open(gate)
  t.is(await running, 'done')
})

test.serial('a thread that retires or dies before it has begun is left out', async (t) => {
  const pool = threads(t, { filename, size: 2, logger: silent })
  const gate = cells()
  const tasks = [pool.run(gate, { name: 'gated' }), pool.run(gate, { name: 'gated' })]
  await begun(gate, 2)
  pool.tune(1)
  const told = pool.broadcast(undefined, { name: 'thread' })
  open(gate)
  await Promise.all(tasks)
  t.is((await told).length, 1)
  const dying = pool.run(0, { name: 'exit' })
  const [left, died] = await Promise.all([pool.broadcast(undefined, { name: 'thread' }), rejection(dying)])
  t.deepEqual([left, (died as any).code], [[], 'ERR_POOL_WORKER_CRASHED'])
  t.is(pool.stats().cancelled, 2)
})

test.serial('it waits for all threads, and the AggregateError has an error of each that has failed', async (t) => {
  const seen: unknown[] = []
  const pool = threads(t, { filename, size: 2, panicHandler: (error, info) => seen.push([error, info.name]) })
  await fill(pool, 2)
  const error = (await rejection(pool.broadcast('no', { name: 'fail' }))) as AggregateError
  t.true(error instanceof AggregateError)
  t.regex(error.message, /^2 of 2 threads failed in the broadcast of fail \(pool "pool-/)
  t.deepEqual(
    error.errors.map(({ name, message, code }: any) => [name, message, code]),
    Array(2).fill(['RangeError', 'no', 'E_FAIL']),
  )
  const stacks = error.errors.map(({ stack }: any) => /thread (\d+)\)$/.exec(stack)![1])
  t.deepEqual(stacks.map(Number), await pool.broadcast(undefined, { name: 'thread' }))
  t.deepEqual(
    seen,
    error.errors.map((error: unknown) => [error, 'fail']),
  )
  const unknown = (await rejection(pool.broadcast(1, { name: 'none' }))) as AggregateError
  t.deepEqual(
    unknown.errors.map(({ code }: any) => code),
    ['ERR_POOL_OPTION', 'ERR_POOL_OPTION'],
  )
})

test.serial('it is a task for each thread in the stats, never waits, and no bound or rate holds for it', async (t) => {
  const pool = threads(t, { filename, size: 1, nonblocking: true, rate: { limit: 1, interval: 1_000_000 } })
  const gate = cells()
  const running = pool.run(gate, { name: 'gated' })
  await begun(gate)
  const told = [1, 2, 3].map((value) => pool.broadcast(value, { name: 'keep' }))
  const { submitted, unsettled, waiting, waited } = pool.stats()
  t.deepEqual([submitted, unsettled, waiting, waited], [4, 4, 0, 1])
  open(gate)
  await Promise.all([running, ...told])
  t.is(pool.stats().completed, 4)
})

test.serial('it uses up no rate: a task after it starts at once, and the next one is refused', async (t) => {
  const pool = threads(t, { filename, size: 1, nonblocking: true, rate: { limit: 1, interval: 1_000_000 } })
  await pool.ready()
  for (const value of [1, 2, 3]) t.is((await pool.broadcast(value, { name: 'keep' })).length, 1)
  t.is(await pool.run(undefined, { name: 'current' }), 3)
  t.like(await rejection(pool.run(1)), { code: 'ERR_POOL_OVERLOAD', reason: 'rate' })
})

test.serial('nothing is begun while the pool is paused', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  await fill(pool, 1)
  pool.pause()
  const told = pool.broadcast(1, { name: 'keep' })
  t.is(((await rejection(pool.broadcast(2, { name: 'keep', timeout: 20 }))) as AggregateError).errors.length, 1)
  t.is(pool.busy, 0)
  pool.resume()
  t.is((await told).length, 1)
  t.deepEqual(await pool.broadcast(undefined, { name: 'called' }), [1], 'the other one was too late')
})

test.serial('timeout counts from the call, so a thread that hangs does not hold it, nor ends for it', async (t) => {
  const pool = threads(t, { filename, size: 2 })
  await fill(pool, 2)
  const gate = cells()
  const running = pool.run(gate, { name: 'gated' })
  await begun(gate)
  const error = (await rejection(pool.broadcast(1, { name: 'keep', timeout: 50 }))) as AggregateError
  t.is(error.message.slice(0, 6), '1 of 2')
  t.true(error.errors[0] instanceof TaskTimeoutError)
  open(gate)
  t.is(await running, 0)
  t.deepEqual((await pool.broadcast(undefined, { name: 'called' })).sort(), [0, 1])
  const never = cells()
  const hung = (await rejection(pool.broadcast(never, { name: 'gated', timeout: 1_000 }))) as AggregateError
  t.deepEqual(
    hung.errors.map(({ code }: any) => code),
    ['ERR_POOL_TASK_TIMEOUT', 'ERR_POOL_TASK_TIMEOUT'],
  )
  t.is(Atomics.load(never, 0), 2)
  await until(() => pool.stats().workers.crashed === 2, 'after grace the threads that hang are ended')
})

test.serial('a sticky one is called in threads that start later, too, before their first task', async (t) => {
  const pool = threads(t, { filename, size: 2 })
  t.deepEqual(await pool.broadcast('first', { name: 'keep', sticky: true }), [])
  await fill(pool, 2)
  t.deepEqual(await pool.broadcast(undefined, { name: 'current' }), ['first', 'first'])
  const { completed } = pool.stats()
  t.is(completed, 4, 'there it is part of the start and no task')
  await pool.broadcast('second', { name: 'keep', sticky: true })
  await pool.broadcast('third', { name: 'keepLater', sticky: true })
  await shrink(pool, 1)
  pool.tune(2)
  await fill(pool, 2)
  t.deepEqual(await pool.broadcast(undefined, { name: 'current' }), ['third', 'third'])
  t.deepEqual((await pool.broadcast(undefined, { name: 'called' })).sort(), [2, 3], 'the first one is replaced')
  await pool.close()
  pool.reboot()
  t.is(await pool.run(undefined, { name: 'current' }), 'third')
})

test.serial('a sticky one may share memory', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  await pool.broadcast(new SharedArrayBuffer(8), { name: 'keep', sticky: true })
  t.true(await pool.run(undefined, { name: 'isShared' }))
  await pool.broadcast('text', { name: 'keep', sticky: true })
  await pool.close()
  pool.reboot()
  t.is(await pool.run(undefined, { name: 'current' }), 'text')
})

test.serial('a sticky one that fails, or takes too long, is a failed start', async (t) => {
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const pool = threads(t, { filename, size: 1, logger: silent })
  await pool.broadcast(flag, { name: 'failIf', sticky: true })
  t.is(await pool.run(undefined, { name: 'called' }), 0)
  await pool.close()
  pool.reboot()
  Atomics.store(flag, 0, 1)
  const error = (await rejection(pool.run(1))) as WorkerStartError
  t.true(error instanceof WorkerStartError)
  t.is((error.cause as Error).message, 'not here')
  t.regex((error.cause as Error).stack!, /at the sticky broadcast of failIf \(pool /)
  Atomics.store(flag, 0, 0)
  t.is(await pool.run(undefined, { name: 'called' }), 0, 'the next thread tries again')

  const other = threads(t, { filename, size: 1, logger: silent })
  await other.broadcast(flag, { name: 'spinIf', sticky: true, timeout: 50 })
  Atomics.store(flag, 0, 1)
  const late = (await rejection(other.run(1))) as WorkerStartError
  t.is((late.cause as TaskTimeoutError).code, 'ERR_POOL_TASK_TIMEOUT')
  Atomics.store(flag, 0, 0)
  t.is(await other.run(undefined, { name: 'called' }), 0)
})

test.serial('release rejects what has not begun, destroy all of it, and close waits for it', async (t) => {
  const pool = threads(t, { filename, size: 1, logger: silent })
  const gate = cells()
  const held = pool.run(gate, { name: 'gated' })
  await begun(gate)
  const told = pool.broadcast(1, { name: 'keep' })
  pool.release()
  const error = (await rejection(told)) as AggregateError
  t.true(error.errors[0] instanceof PoolClosedError)
  t.true((await rejection(pool.broadcast(1))) instanceof PoolClosedError)
  open(gate)
  await held

  const closing = threads(t, { filename, size: 1 })
  const next = cells()
  const running = closing.run(next, { name: 'gated' })
  await begun(next)
  const last = closing.broadcast(1, { name: 'keep' })
  const closed = closing.close()
  open(next)
  t.is((await last).length, 1)
  await Promise.all([running, closed])

  const doomed = threads(t, { filename, size: 1 })
  const never = cells()
  const lost = rejection(doomed.run(never, { name: 'gated' }))
  await begun(never)
  const both = [rejection(doomed.broadcast(1, { name: 'keep' })), lost]
  await doomed.destroy()
  const [ended, gone] = await Promise.all(both)
  t.true((ended as AggregateError).errors[0] instanceof PoolClosedError)
  t.true(gone instanceof PoolClosedError)
})

test.serial('arguments and options are checked, and what is moved has no place in a broadcast', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  const broadcast = pool.broadcast.bind(pool) as (...args: unknown[]) => Promise<unknown>
  for (const options of [{ transfer: [] }, { sticky: 1 }, { timeout: 0 }, { name: '' }, { signal: 1 }, null]) {
    t.is(((await rejection(broadcast(1, options))) as any).code, 'ERR_POOL_OPTION')
  }
  t.regex(
    ((await rejection(broadcast(1, { transfer: [] }))) as Error).message,
    /^transfer is not possible in a broadcast/,
  )
  await fill(pool, 1)
  t.is(((await rejection(broadcast(() => 1))) as Error).name, 'DataCloneError')
  t.is(pool.stats().submitted, 1)
})

test.serial('runSync goes on meanwhile, and blocks no broadcast for good', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  await fill(pool, 1)
  const told = pool.broadcast('x', { name: 'keep', sticky: true })
  t.is(pool.runSync(undefined, { name: 'current' }), 'x', 'it comes first')
  t.is((await told).length, 1)
})

test.serial('a guest of a shared pool may broadcast, but shares no memory', async (t) => {
  const name = 'shared broadcasts'
  const pool = ThreadPool.create<Functions>({ name, shared: true, filename, size: 2 })
  await fill(pool, 2)
  const [guest] = await Remote.starting(1)
  const result = await guest!.run(
    async ({ ThreadPool }: any, name: string, filename: string) => {
      const pool = ThreadPool.create({ name, shared: true, filename })
      const told = await pool.broadcast('by a guest', { name: 'keep', sticky: true })
      const error = await pool.broadcast(new SharedArrayBuffer(1), { name: 'keep' }).catch((error: Error) => error)
      return [told.length, error.name]
    },
    name,
    filename,
  )
  t.deepEqual(result, [2, 'DataCloneError'])
  await guest!.terminate()
  await pool.close()
  pool.reboot()
  t.is(await pool.run(undefined, { name: 'current' }), 'by a guest', 'it stays after the guest has gone')
  await pool.destroy()
  t.deepEqual(contradictions(pool.stats()), [])
})

test.serial('a MultiPool broadcasts in the threads of all its pools; pools of closures have none', async (t) => {
  const pools = [threads(t, { filename, size: 1 }), threads(t, { filename, size: 2 })]
  await fill(pools[0]!, 1)
  await fill(pools[1]!, 2)
  const multi = MultiPool.of(pools)
  t.is(new Set(await multi.broadcast(1, { name: 'keep' })).size, 3)
  const error = (await rejection(multi.broadcast('no', { name: 'fail' }))) as AggregateError
  t.is(error.errors.length, 3)
  pools[0]!.release()
  t.is((await multi.broadcast(1, { name: 'keep' })).length, 2)
  pools[1]!.release()
  t.true((await rejection(multi.broadcast(1, { name: 'keep' }))) instanceof PoolClosedError)
  const closures = MultiPool.of([Pool.create()]) as any
  const refused = (await rejection(closures.broadcast(1))) as any
  t.deepEqual(
    [refused.code, refused.message.slice(0, 40)],
    ['ERR_POOL_OPTION', 'broadcast calls an export of a module, a'],
  )
})
