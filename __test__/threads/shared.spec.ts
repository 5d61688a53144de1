// A shared thread pool: its threads belong to the isolate that asked for it first, and every isolate hands it tasks (4.6).
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { PoolClosedError, ThreadPool } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { Remote, type Scope } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'shared-tasks.mjs')).href
type Functions = Record<string, (...args: any[]) => any>
type Options = Partial<Parameters<typeof ThreadPool.create>[0]>

let names = 0
/** A name that no other test has. */
const fresh = () => `shared threads ${++names}`
const flags = () => new Int32Array(new SharedArrayBuffer(64))
const raised = (all: Int32Array, place: number) =>
  until(() => Atomics.load(all, place) !== 0, `flag ${place} is raised`)

function owned(name: string, options: Options = {}): ThreadPool<Functions> {
  return ThreadPool.create<Functions>({ name, shared: true, filename, size: 1, ...options })
}

const create = ({ ThreadPool, kept }: Scope, name: string, filename: string, options: object) =>
  void (kept.pool = ThreadPool.create({ name, shared: true, filename, ...options }))

/** Isolates that have a face of the pool as `kept.pool`. */
async function guests(count: number, name: string, options: Options = {}): Promise<Remote[]> {
  const remotes = await Remote.starting(count)
  await Promise.all(remotes.map((remote) => remote.run(create, name, filename, options)))
  return remotes
}

const end = (remotes: Remote[]) => Promise.all(remotes.map((remote) => remote.terminate()))

// ── tasks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('eight isolates share one thread pool of two, and each gets its own results', async (t) => {
  t.timeout(60_000)
  const name = fresh()
  const pool = owned(name, { size: 2 })
  const remotes = await guests(8, name)
  const work = async ({ kept }: any, lane: number) => {
    const results = await Promise.all(Array.from({ length: 200 }, (_, i) => kept.pool.run({ lane, i })))
    const threads = new Set(await Promise.all(Array.from({ length: 20 }, () => kept.pool.tasks.thread())))
    return {
      wrong: results.filter((result, i) => result.lane !== lane || result.i !== i).length,
      threads: [...threads],
    }
  }
  const all = await Promise.all(remotes.map((remote, lane) => remote.run(work, lane)))
  t.deepEqual(
    all.map(({ wrong }) => wrong),
    [0, 0, 0, 0, 0, 0, 0, 0],
  )
  t.true(new Set(all.flatMap(({ threads }) => threads)).size <= 2)
  const stats = pool.stats()
  t.is(stats.completed, 8 * 220)
  t.true(stats.workers.started <= 2)
  t.deepEqual(contradictions(stats), [])
  await end(remotes)
  await pool.destroy()
})

test('values go from and to another isolate than the owner as through structuredClone', async (t) => {
  const name = fresh()
  const pool = owned(name, { workerData: flags() })
  const [remote] = await guests(1, name)
  const seen = await remote!.run(async ({ kept }) => {
    const { pool } = kept
    const shared = { deep: [1] }
    const cyclic: any = { map: new Map([[shared, new Date(7)]]), shared, big: 2n ** 70n }
    cyclic.self = cyclic
    const back = await pool.run(cyclic)
    class Point {
      x = 1
    }
    const bytes = new Uint8Array([1, 2, 3])
    const copy = await pool.run({ bytes, undefined }, { transfer: [bytes.buffer] })
    const moved = await pool.run(100_000, { name: 'moved' })
    const failure = (error: any) => ({ name: error.name, code: error.code, cause: error.cause?.message })
    const failed = (call: Promise<unknown>) => call.then(() => 'no error', failure)
    const kept2 = new Uint8Array(4)
    const { port1, port2 } = new MessageChannel()
    const results = {
      isCyclic:
        back.self === back && [...back.map.keys()][0] === back.shared && [...back.map.values()][0].getTime() === 7,
      big: back.big === 2n ** 70n,
      point: Object.getPrototypeOf(await pool.run(new Point())) === Object.prototype,
      copied: [...copy.bytes],
      detached: bytes.byteLength,
      moved: [moved.length, moved[99_999]],
      many: await pool
        .run(new Float64Array(50_000).fill(1.5))
        .then((back: any) => [back.constructor.name, back.length, back[49_999]]),
      own: await failed(pool.run(() => {})),
      result: await failed(pool.run(0, { name: 'uncloneable' })),
      memory: await failed(pool.run(0, { name: 'memory' })),
      port: await failed(pool.run({ port: port1, kept2 }, { transfer: [kept2.buffer, port1] })),
      untouched: kept2.byteLength,
      thrown: await failed(pool.run(0, { name: 'fail' })),
      missing: await failed(pool.run(0, { name: 'missing' })),
      still: await pool.run('usable'),
    }
    port2.close()
    return results
  })
  const uncloneable = { name: 'DataCloneError', code: 25, cause: undefined }
  t.deepEqual(seen, {
    isCyclic: true,
    big: true,
    point: true,
    copied: [1, 2, 3],
    detached: 0,
    moved: [100_000, 7],
    many: ['Float64Array', 50_000, 1.5],
    own: uncloneable,
    result: uncloneable,
    memory: uncloneable,
    port: uncloneable,
    untouched: 4,
    thrown: { name: 'RangeError', code: 'E_FAIL', cause: 'why' },
    missing: { name: 'TypeError', code: 'ERR_POOL_OPTION', cause: undefined },
    still: 'usable',
  })
  t.is((await pool.tasks.memory!()).byteLength, 64, 'the owner gets memory that is shared')
  await end([remote!])
  await pool.destroy()
})

test('a task of another isolate is aborted in its thread, for the reason that was given', async (t) => {
  const name = fresh()
  const all = flags()
  const pool = owned(name, { workerData: all, grace: 60_000 })
  const [remote] = await guests(1, name)
  const reason = await remote!.run(async ({ kept, turn }, all: Int32Array) => {
    const controller = new AbortController()
    const heeding = kept.pool.tasks.heed
    const call = kept.pool.run(0, { name: 'heed', signal: controller.signal })
    while (Atomics.load(all, 0) === 0) await turn()
    controller.abort(new Error('enough'))
    void heeding
    return call.catch((error: Error) => error.message)
  }, all)
  t.is(reason, 'enough')
  await raised(all, 1)
  t.is(Atomics.load(all, 1), 1)
  const timedOut = await remote!.run(({ kept }) =>
    kept.pool.run(2, { name: 'heed', timeout: 1 }).catch((error: any) => error.code),
  )
  t.is(timedOut, 'ERR_POOL_TASK_TIMEOUT')
  await raised(all, 3)
  t.is(Atomics.load(all, 3), 2)
  t.is(await pool.run('next'), 'next')
  t.is(pool.stats().workers.started, 1, 'both heeded in time')
  await end([remote!])
  await pool.destroy()
})

test('the death of a thread, and a failed start, reach the isolate that submitted the task', async (t) => {
  const name = fresh()
  const pool = owned(name)
  const [remote] = await guests(1, name)
  const crash = await remote!.run(({ kept }) =>
    kept.pool.run(7, { name: 'exit' }).catch((error: any) => [error.code, error.exitCode]),
  )
  t.deepEqual(crash, ['ERR_POOL_WORKER_CRASHED', 7])
  t.is(await remote!.run(({ kept }) => kept.pool.run(1)), 1)
  await pool.destroy()

  const broken = fresh()
  const missing = pathToFileURL(join(process.cwd(), 'missing.mjs')).href
  const other = owned(broken, { filename: missing })
  const code = await remote!.run(
    async ({ ThreadPool, kept }, name: string, filename: string) => {
      kept.broken = ThreadPool.create({ name, shared: true, filename })
      const codes = (error: any) => [error.code, error.cause?.code]
      return [await kept.broken.run().catch(codes), await kept.broken.ready().catch(codes)]
    },
    broken,
    missing,
  )
  const failed = ['ERR_POOL_WORKER_START', 'ERR_MODULE_NOT_FOUND']
  t.deepEqual(code, [failed, failed])
  await end([remote!])
  await other.destroy()
})

test('runSync works in another isolate once a thread has started, and says at once where it never could', async (t) => {
  const name = fresh()
  const pool = owned(name, { workerData: flags() })
  const [remote] = await guests(1, name)
  const runSync = ({ kept }: Scope) => {
    try {
      return kept.pool.runSync({ a: 1 })
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  t.is(await remote!.run(runSync), 'ERR_POOL_OPTION')
  await pool.ready()
  t.deepEqual(await remote!.run(runSync), { a: 1 })
  t.regex((await pool.tasks.nested!({ name, shared: true, filename })) as string, /runSync cannot be called/)
  t.deepEqual(pool.runSync([1]), [1], 'in the owner')
  const second = owned(name)
  t.is(second.runSync(7, { name: 'count' }), 1, 'by another face of the owner')
  t.throws(() => second.runSync(3, { name: 'exit' }), { code: 'ERR_POOL_WORKER_CRASHED' })
  await end([remote!])
  await pool.destroy()
})

// ── verbs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('verbs of any isolate act on the pool for all', async (t) => {
  const name = fresh()
  const pool = owned(name)
  const [remote] = await guests(1, name)
  await remote!.run(async ({ kept }) => {
    await kept.pool.ready()
    kept.pool.tune(3)
  })
  t.is(pool.capacity, 3)
  t.is(pool.running, 1)
  await remote!.run(({ kept }) => kept.pool.close())
  t.true(pool.isClosed)
  t.is(pool.running, 0)
  await t.throwsAsync(pool.run(1), { instanceOf: PoolClosedError })
  await remote!.run(({ kept }) => kept.pool.reboot())
  t.is(await pool.run(1), 1)
  await pool.close()
  pool.reboot()
  t.is(await remote!.run(({ kept }) => kept.pool.run(2)), 2)
  await remote!.run(({ kept }) => kept.pool.destroy())
  t.is(pool.running, 0)
  await end([remote!])
})

test('a face leaves for itself; that of the owner leaves its threads to the others, and the last one closes', async (t) => {
  const name = fresh()
  const pool = owned(name)
  const [one, other] = await guests(2, name)
  t.is(await pool.run(1), 1)
  await pool[Symbol.asyncDispose]()
  await t.throwsAsync(pool.run(1), { instanceOf: PoolClosedError })
  t.is(await one!.run(({ kept }) => kept.pool.run('after')), 'after')
  const crash = await one!.run(({ kept }) => kept.pool.run(0, { name: 'exit' }).catch((error: any) => error.code))
  t.is(crash, 'ERR_POOL_WORKER_CRASHED')
  t.is(await other!.run(({ kept }) => kept.pool.run('another thread')), 'another thread')
  await Promise.all([one!, other!].map((remote) => remote.run(({ kept }) => kept.pool[Symbol.asyncDispose]())))
  await until(() => pool.running === 0, 'the threads end with the last face')
  const next = owned(name)
  t.is(next.stats().submitted, 0, 'a pool of its own')
  await end([one!, other!])
  await next.destroy()
})

// ── options ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test('options must equal those at creation; what is left out agrees', async (t) => {
  const name = fresh()
  const pool = owned(name, { size: 2, workerData: { a: [1] }, recycle: { tasks: 5 }, env: { A: 'b' } })
  const same = owned(name, { size: 2, workerData: { a: [1] }, recycle: { tasks: 5 }, env: { A: 'b' }, minSize: 0 })
  for (const [option, value] of Object.entries({
    size: 3,
    filename: pathToFileURL(join(process.cwd(), 'other.mjs')).href,
    workerData: { a: [2] },
    recycle: { tasks: 6 },
    env: { A: 'c' },
    argv: ['x'],
    grace: 7,
    concurrency: 2,
    expiry: Infinity,
    resourceLimits: { stackSizeMb: 1 },
  })) {
    const error = t.throws(() => owned(name, { size: 2, [option]: value }), { code: 'ERR_POOL_OPTION' })
    t.true(error.message.startsWith(option), error.message)
  }
  t.throws(() => ThreadPool.create({ filename, shared: true }), { code: 'ERR_POOL_OPTION', message: /needs a name/ })
  await same[Symbol.asyncDispose]()
  await pool.destroy()
})

test('a pool of closures and one of threads may have the same name', async (t) => {
  const { Pool } = await import('workpool')
  const name = fresh()
  const closures = Pool.create({ name, shared: true, size: 5 })
  const pool = owned(name)
  t.deepEqual([closures.capacity, pool.capacity], [5, 1])
  await pool.destroy()
  await closures.close()
})

// ── ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('when the owner ends, open tasks of the others reject and their faces are closed for good; the name is free', async (t) => {
  const name = fresh()
  const all = flags()
  const owner = await Remote.start()
  await owner.run(create, name, filename, { size: 1, workerData: all })
  const pool = owned(name)
  const running = pool.run(0, { name: 'hold' })
  await raised(all, 0)
  const waiting = [pool.run(1), pool.run(2)]
  const vacancy = pool.vacancy()
  const drained = pool.drain()
  await owner.terminate()
  for (const task of [running, ...waiting, vacancy]) t.true((await rejection(task)) instanceof PoolClosedError)
  await drained
  t.true(pool.isClosed)
  const stats = pool.stats()
  t.deepEqual([stats.running, stats.busy, stats.waiting, stats.unsettled], [0, 0, 0, 0])
  t.deepEqual([stats.cancelled, stats.rejected.released], [1, 2])
  t.deepEqual(contradictions(stats), [])
  await t.throwsAsync(pool.run(1), { instanceOf: PoolClosedError })
  t.throws(() => pool.reboot(), { instanceOf: PoolClosedError })
  await pool.close()

  const next = owned(name, { size: 1, workerData: all })
  t.is(await next.run('new'), 'new')
  await next.destroy()
})

test('the tasks of an isolate that ends leave the queue, and its threads come back once they have ended what they run', async (t) => {
  const name = fresh()
  const all = flags()
  const pool = owned(name, { workerData: all, grace: 60_000 })
  const [remote] = await guests(1, name)
  void remote!.run(
    ({ kept }) => void Promise.allSettled([kept.pool.run(0, { name: 'heed' }), kept.pool.run({ waits: new Map() })]),
  )
  await raised(all, 0)
  await until(() => pool.waiting === 1, 'the other task waits')
  const mine = pool.run('mine')
  await remote!.terminate()
  t.is(await mine, 'mine')
  t.is(Atomics.load(all, 1), 2, 'its signal aborted')
  const stats = pool.stats()
  t.deepEqual([stats.cancelled, stats.completed, stats.workers.started], [2, 1, 1])
  t.deepEqual(contradictions(stats), [])
  await pool.destroy()
})

test('a thread that goes on for an isolate that has ended is ended after the grace', async (t) => {
  const name = fresh()
  const all = flags()
  const pool = owned(name, { workerData: all, grace: 1 })
  const [remote] = await guests(1, name)
  void remote!.run(({ kept }) => void Promise.allSettled([kept.pool.run(0, { name: 'hold' })]))
  await raised(all, 0)
  const mine = pool.run('mine')
  await remote!.terminate()
  t.is(await mine, 'mine')
  t.is(pool.stats().workers.crashed, 1)
  await pool.destroy()
})

test('a pool signal aborts the signal of every task that runs in a thread, and they settle when they end', async (t) => {
  const all = flags()
  const controller = new AbortController()
  const pool = ThreadPool.create<Functions>({ filename, size: 1, workerData: all, signal: controller.signal, grace: 1 })
  const running = pool.tasks.heed!(0)
  await raised(all, 0)
  controller.abort(new Error('enough'))
  await running
  t.is(Atomics.load(all, 1), 1)
  t.is(pool.stats().completed, 1)
  t.true(pool.isClosed)
  await turn()
})
