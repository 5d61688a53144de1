// A worker that is held across functions.
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import {
  type Lease,
  MultiPool,
  Pool,
  PoolClosedError,
  PoolOverloadError,
  ReleaseTimeoutError,
  ThreadPool,
  WaitTimeoutError,
} from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { gate, occupy } from '../support/gate.js'
import { rejection, until, within } from '../support/until.js'

/** Resources 0, 1, 2, … that note what becomes of them. */
function numbered() {
  const made: number[] = []
  const disposed: number[] = []
  const init = async (): Promise<number> => (await turn(), made.push(made.length) - 1)
  const dispose = async (resource: number): Promise<void> => (await turn(), void disposed.push(resource))
  return { made, disposed, options: { init, dispose } }
}

test('a lease holds a worker with its resource, which is busy until the release', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options })
  const lease = await pool.lease()
  t.is(lease.resource, 0)
  t.deepEqual([pool.busy, pool.idle, pool.available], [1, 0, 0])
  const task = pool.submit(({ resource }) => resource)
  await turn()
  t.is(pool.waiting, 1)
  lease.release()
  t.is(await task, 0, 'the same resource')
  t.deepEqual([pool.busy, pool.idle], [0, 1])
  t.deepEqual(disposed, [])
  await pool.close()
  t.deepEqual(disposed, [0])
})

test('without init a lease is a slot, whose resource is undefined', async (t) => {
  const pool = Pool.create({ size: 2 })
  const lease: Lease<void> = await pool.lease()
  t.is(lease.resource, undefined)
  t.deepEqual([pool.busy, pool.available], [1, 1])
  lease.release()
  t.is(pool.busy, 0)
})

test('the release frees the worker within the call, for a pool in which nothing waits, too', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  for (let i = 0; i < 10; i++) {
    const lease = await pool.lease()
    t.true((await rejection(pool.submit(() => t.fail('it ran')))) instanceof PoolOverloadError)
    lease.release()
    t.is(await pool.submit(() => i), i)
  }
})

test('a second release does nothing, whatever it says', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options, isBroken: () => true })
  const lease = await pool.lease()
  lease.release()
  const { gates, finish } = occupy(pool, 1)
  lease.release(new Error('too late'))
  lease.release()
  lease[Symbol.dispose]()
  await lease[Symbol.asyncDispose]()
  t.is(pool.busy, 1, 'the worker is that of the task')
  t.is(gates.length, 1)
  await finish()
  t.deepEqual(disposed, [])
})

test('with an error isBroken decides, without one the resource is kept', async (t) => {
  const { options, disposed, made } = numbered()
  const asked: unknown[] = []
  const isBroken = (error: unknown, resource: number): boolean => {
    asked.push([error, resource])
    return error === 'lost'
  }
  const pool = Pool.create({ size: 1, ...options, isBroken })
  ;(await pool.lease()).release()
  ;(await pool.lease()).release(undefined)
  t.deepEqual(asked, [])
  ;(await pool.lease()).release('harmless')
  t.deepEqual(asked, [['harmless', 0]])
  t.deepEqual(disposed, [])
  ;(await pool.lease()).release('lost')
  await until(() => disposed.length === 1, 'it is disposed of')
  t.is((await pool.lease()).resource, 1)
  t.is(made.length, 2)
  const { completed, failed, submitted, unsettled } = pool.stats()
  t.deepEqual({ submitted, completed, failed, unsettled }, { submitted: 5, completed: 2, failed: 2, unsettled: 1 })
  t.deepEqual(contradictions(pool.stats()), [])
})

test('without isBroken an error keeps the resource; an isBroken that throws does not', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options })
  ;(await pool.lease()).release(new Error('whatever'))
  t.is((await pool.lease()).resource, 0)
  const other = numbered()
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const isBroken = (): boolean => {
    throw new Error('cannot tell')
  }
  const careful = Pool.create({ size: 1, ...other.options, isBroken, logger })
  ;(await careful.lease()).release(new Error('whatever'))
  await until(() => other.disposed.length === 1, 'it is disposed of')
  t.deepEqual(disposed, [])
})

test('dispose and asyncDispose release, and keep the resource', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options, isBroken: () => true })
  const first = await pool.lease()
  first[Symbol.dispose]()
  t.is(pool.busy, 0)
  const second = await pool.lease()
  await second[Symbol.asyncDispose]()
  t.is(pool.busy, 0)
  t.is((await pool.lease()).resource, 0)
  t.deepEqual(disposed, [])
})

test('leases and tasks wait in one queue, by priority', async (t) => {
  const pool = Pool.create({ size: 1 })
  const first = await pool.lease()
  const order: string[] = []
  const done = [
    pool.submit(() => void order.push('normal task')),
    pool.lease().then((lease) => (order.push('normal lease'), lease.release())),
    pool.lease({ priority: 'high' }).then((lease) => (order.push('high lease'), lease.release())),
    pool.submit(() => void order.push('low task'), { priority: 'low' }),
  ]
  t.is(pool.waiting, 4)
  first.release()
  await Promise.all(done)
  t.deepEqual(order, ['high lease', 'normal task', 'normal lease', 'low task'])
})

test('a lease waits no longer than waitTimeout, and gives way to its signal while it waits', async (t) => {
  const pool = Pool.create({ size: 1 })
  const held = await pool.lease()
  const error = await rejection(pool.lease({ waitTimeout: 5 }))
  t.true(error instanceof WaitTimeoutError)
  t.regex(error.message, /lease/)
  t.true((await rejection(pool.lease({ waitTimeout: 0 }))) instanceof WaitTimeoutError)
  const controller = new AbortController()
  const aborted = pool.lease({ signal: controller.signal })
  controller.abort('enough')
  t.is(await rejection(aborted), 'enough')
  t.is(await rejection(pool.lease({ signal: controller.signal })), 'enough')
  t.is(pool.waiting, 0)
  held.release()
  t.is(await pool.submit(() => 'free'), 'free')
})

test('a signal and a waitTimeout do not end a lease that has been granted', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options })
  const controller = new AbortController()
  const lease = await pool.lease({ signal: controller.signal, waitTimeout: 60_000 })
  controller.abort('too late')
  await turn()
  t.is(pool.busy, 1)
  lease.release()
  t.deepEqual([pool.busy, pool.stats().cancelled], [0, 0])
  t.deepEqual(disposed, [])
})

test('timeout and what is no option of a lease are refused, and nothing has happened', async (t) => {
  const pool = Pool.create({ size: 1 })
  const lease = pool.lease.bind(pool) as (options: unknown) => Promise<unknown>
  for (const options of [{ timeout: 5 }, { weight: 2 }, { ordered: true }, { priority: -1 }, { signal: 1 }, null, 5]) {
    const error = await rejection(lease(options))
    t.is(error.code, 'ERR_POOL_OPTION')
  }
  t.regex((await rejection(lease({ timeout: 5 }))).message, /timeout/)
  t.is(pool.stats().submitted, 0)
})

test('a key holds for a lease', async (t) => {
  const pool = Pool.create({ size: 4, perKey: 1 })
  const first = await pool.lease({ key: 'a' })
  const second = pool.lease({ key: 'a' })
  const other = await pool.lease({ key: 'b' })
  await turn()
  t.deepEqual([pool.busy, pool.waiting], [2, 1])
  first.release()
  ;(await second).release()
  other.release()
  t.is(pool.busy, 0)
})

test('a lease counts for rate like a task', async (t) => {
  const pool = Pool.create({ size: 4, rate: { limit: 1, interval: 60_000 }, nonblocking: true })
  const lease = await pool.lease()
  const error = await rejection(pool.lease())
  t.is(error.reason, 'rate')
  lease.release()
  t.is((await rejection(pool.submit(() => 0))).reason, 'rate')
})

test('a lease counts as one use of its resource', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options, maxUses: 2 })
  ;(await pool.lease()).release()
  const lease = await pool.lease()
  t.is(lease.resource, 0)
  t.deepEqual(disposed, [])
  lease.release()
  t.is((await pool.lease()).resource, 1)
  t.deepEqual(disposed, [0])
})

test('close and drain wait for a lease; release leaves it alone', async (t) => {
  for (const end of ['close', 'drain', 'release'] as const) {
    const { options, disposed } = numbered()
    const pool = Pool.create({ size: 1, ...options })
    const lease = await pool.lease()
    let isOver = false
    if (end === 'release') pool.release()
    const ended = (end === 'drain' ? pool.drain() : pool.close()).then(() => (isOver = true))
    await turn()
    t.false(isOver, end)
    t.deepEqual(disposed, [], end)
    lease.release()
    await within(Promise.resolve(ended), end)
    t.deepEqual(disposed, end === 'drain' ? [] : [0], end)
  }
})

test('a close with a timeout gives up on a lease, and the release disposes of its resource', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options })
  const lease = await pool.lease()
  const error = await rejection(pool.close({ timeout: 5 }))
  t.true(error instanceof ReleaseTimeoutError)
  t.is(error.workers, 1)
  lease.release()
  await until(() => disposed.length === 1, 'it is disposed of')
  t.is(pool.running, 0)
})

test('a lease that waits at release is refused', async (t) => {
  const pool = Pool.create({ size: 1 })
  const lease = await pool.lease()
  const waiting = rejection(pool.lease())
  pool.release()
  t.true((await waiting) instanceof PoolClosedError)
  t.true((await rejection(pool.lease())) instanceof PoolClosedError)
  lease.release()
})

test('the abort of the signal of the pool closes the pool, and leaves the lease to its holder', async (t) => {
  const { options, disposed } = numbered()
  const controller = new AbortController()
  const pool = Pool.create({ size: 1, ...options, signal: controller.signal })
  const lease = await pool.lease()
  controller.abort()
  await turn()
  t.true(pool.isClosed)
  t.deepEqual([pool.busy, disposed], [1, []])
  lease.release()
  await pool.close()
  t.deepEqual(disposed, [0])
})

test('a lease of an older generation is none of the new one, and its release disposes of the resource', async (t) => {
  const { options, disposed } = numbered()
  const pool = Pool.create({ size: 1, ...options })
  const lease = await pool.lease()
  pool.release()
  pool.reboot()
  t.is(await pool.submit(({ resource }) => resource), 1)
  lease.release()
  await until(() => disposed.length === 1, 'it is disposed of')
  t.deepEqual(disposed, [0])
})

test('a panicHandler is not told of a lease that is released with an error', async (t) => {
  const pool = Pool.create({ size: 1, panicHandler: () => t.fail('it was told') })
  ;(await pool.lease()).release(new Error('mine'))
  t.is(pool.stats().failed, 1)
})

test('releases that start what waits use no stack', async (t) => {
  const pool = Pool.create({ size: 1 })
  const first = await pool.lease()
  let ran = 0
  const last = gate()
  const chain = (lease: Lease<void>): void => {
    if (++ran === 20_000) last.open()
    lease.release()
  }
  for (let i = 0; i < 10_000; i++) {
    void pool.lease().then(chain)
    void pool.submit(() => void (++ran === 20_000 && last.open()))
  }
  first.release()
  await within(last.promise, 'all have had their turn')
  t.is(pool.busy, 0)
})

test('a closure may release a lease, and what waits starts', async (t) => {
  const pool = Pool.create({ size: 2 })
  const lease = await pool.lease()
  const order: string[] = []
  const waiting: Promise<unknown>[] = []
  await pool.submit(() => {
    waiting.push(pool.submit(() => order.push('waited')))
    lease.release()
    order.push('released')
  })
  await Promise.all(waiting)
  t.deepEqual(order.sort(), ['released', 'waited'])
})

test('a MultiPool gives a lease of the first pool that can', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1, ...numbered().options })
  const leases = [await multi.lease(), await multi.lease()]
  t.deepEqual([multi.at(0).busy, multi.at(1).busy], [1, 1])
  t.true((await rejection(multi.lease({ waitTimeout: 0 }))) instanceof WaitTimeoutError)
  const third = multi.lease()
  leases[1]!.release()
  leases[0]!.release()
  ;(await third).release()
  t.is(multi.busy, 0)
  await multi.close()
})

test('a thread pool has no leases', async (t) => {
  const filename = join(process.cwd(), '__test__/fixtures/tasks.mjs')
  const threads = ThreadPool.create({ filename, size: 1 })
  const lease = (pool: object): Promise<unknown> => (pool as { lease(): Promise<unknown> }).lease()
  for (const pool of [threads, MultiPool.of([threads])]) {
    const error = await rejection(lease(pool))
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, /lease needs a Pool/)
  }
  t.is(threads.stats().submitted, 0)
  await threads.close()
})

test('in a shared pool a lease holds a slot of all', async (t) => {
  const options = { name: 'leases', shared: true, size: 1 }
  const [one, other] = [Pool.create(options), Pool.create(options)]
  const lease = await one.lease()
  const task = other.submit(() => 'ran')
  await turn()
  t.is(other.waiting, 1)
  lease.release()
  t.is(await task, 'ran')
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()])
})

const ENDINGS = {
  'a lease that has been granted does not keep the process alive': { args: ['held'], lines: ['granted', 'exit'] },
  'a lease that waits keeps the process alive': { args: ['waits'], lines: ['granted', 'second', 'exit'] },
  'a lease and a task: the process lives as long as the task': { args: ['beside'], lines: ['granted', 'task', 'exit'] },
  'after a release the process lives as long as before': { args: ['released'], lines: ['granted', 'task', 'exit'] },
  'a lease that is collected without release is a warning, and its resource is disposed of': {
    args: ['collected'],
    lines: [
      'warn a lease was not released before it was collected; its resource is taken for broken',
      'disposed of 0',
      'next 1',
      'exit',
    ],
  },
  'with trackSubmit that warning says where the lease was taken, also if whoever took it has held it': {
    args: ['tracked'],
    lines: ['taken by true', 'disposed of 0', 'next 1', 'disposed of 1', 'exit'],
  },
  'a lease outlives its pool, which is released after it': {
    args: ['unreachable'],
    lines: ['still held', 'disposed of 0', 'exit'],
  },
  'a released lease that is collected is no news': { args: ['quiet'], lines: ['kept 0', 'exit'] },
}
for (const [title, { args, lines }] of Object.entries(ENDINGS)) {
  test.serial(title, async (t) => {
    t.timeout(15_000)
    const { hung, code, stdout, stderr } = await child('leases', { args, execArgv: ['--expose-gc'] })
    t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
    t.deepEqual(stdout.trim().split('\n'), lines)
  })
}
