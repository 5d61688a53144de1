// Several pools behind one face: who takes a task, what is counted where, and the verbs over all. What a strategy
// names is in multi-pool-strategy.spec.ts.
import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import test from 'ava'
import {
  MultiPool,
  Pool,
  PoolClosedError,
  PoolOverloadError,
  ReleaseTimeoutError,
  WaitTimeoutError,
  type PoolOptions,
} from 'workpool'

import { NONE_REJECTED, contradictions } from '../support/accounts.js'
import { type Gate, gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { threads } from '../support/threads.js'
import { rejection } from '../support/until.js'

const sizes = (...all: number[]) => all.map((size) => Pool.create({ size }))
const busy = (pools: readonly Pool<any>[]) => pools.map((pool) => pool.busy)
const waiting = (pools: readonly Pool<any>[]) => pools.map((pool) => pool.waiting)
const indices = (error: AggregateError) => error.errors.map(({ index }) => index)

// ── TestMultiPool, TestMultiPoolWithFunc, TestMultiPoolWithFuncGeneric of ants ───────────────────────────────────────

for (const strategy of ['round-robin', 'least-tasks'] as const) {
  // In ants a second ReleaseTimeout is an error, and the first task after Reboot goes to pool 1.
  test(`ten pools of five and 50 long tasks: ${strategy}`, async (t) => {
    const multi = MultiPool.create({ pools: 10, size: 5, strategy })
    const pools = Array.from({ length: 10 }, (_, i) => multi.at(i))
    for (let round = 0; round < 2; round++) {
      const { finish } = occupy(multi, 50)
      t.deepEqual([multi.capacity, multi.running, multi.free, multi.waiting], [50, 50, 0, 0])
      for (const pool of pools) t.deepEqual([pool.running, pool.free, pool.waiting], [5, 0, 0])
      t.false(multi.isClosed)
      const released = multi.releaseTimeout(5_000)
      t.true((await rejection(multi.submit(() => 0))) instanceof PoolClosedError)
      await finish()
      await released
      await multi.releaseTimeout(5_000)
      t.deepEqual([multi.running, multi.isClosed], [0, true])
      multi.reboot()
      t.false(multi.isClosed)
    }
    multi.tune(10)
    t.is(multi.capacity, 100)
    multi.release()
  })
}

// ── who takes a task ────────────────────────────────────────────────────────────────────────────────────────────────

test('no task is refused or waits while any pool has room', async (t) => {
  for (const options of [{ nonblocking: true }, {}]) {
    const pools = [1, 10].map((size) => Pool.create({ size, ...options }))
    const multi = MultiPool.of(pools)
    const { finish } = occupy(multi, 11)
    t.deepEqual(
      [busy(pools), waiting(pools)],
      [
        [1, 10],
        [0, 0],
      ],
    )
    await finish()
    t.is(multi.stats().completed, 11)
  }
})

test('an idle worker is room: a pool that has started workers is not taken for a loaded one', async (t) => {
  // The false refusal of ants: both pools run two workers, but those of the second are idle.
  const pools = [2, 2, 2].map((size) => Pool.create({ size, nonblocking: true }))
  const multi = MultiPool.of(pools, { strategy: () => 0 })
  await occupy(pools[1]!, 2).finish()
  const held = [occupy(pools[0]!, 2), occupy(pools[2]!, 2)]
  t.deepEqual(
    pools.map((pool) => pool.running),
    [2, 2, 2],
  )
  t.is(await multi.submit(() => 'taken'), 'taken')
  for (const { finish } of held) await finish()
})

test('of the others the one with the fewest tasks is asked first', async (t) => {
  const pools = sizes(1, 5, 5, 5)
  const multi = MultiPool.of(pools, { strategy: () => 0 })
  const held = [occupy(pools[0]!, 1), occupy(pools[1]!, 3), occupy(pools[2]!, 1), occupy(pools[3]!, 2)]
  const more = occupy(multi, 3)
  t.deepEqual(busy(pools), [1, 3, 3, 3])
  for (const { finish } of [...held, more]) await finish()
})

test('when no pool has room the task waits in the named one', async (t) => {
  const pools = sizes(1, 1, 1)
  const multi = MultiPool.of(pools, { strategy: () => 2 })
  const { finish } = occupy(multi, 6)
  t.deepEqual(
    [busy(pools), waiting(pools)],
    [
      [1, 1, 1],
      [0, 0, 3],
    ],
  )
  await finish()
})

test('a closed pool is passed over, also when the task must wait', async (t) => {
  const pools = sizes(1, 1, 1)
  const multi = MultiPool.of(pools)
  pools[0]!.release()
  t.false(multi.isClosed)
  const { finish } = occupy(multi, 5)
  t.deepEqual(
    [busy(pools), waiting(pools)],
    [
      [0, 1, 1],
      [0, 2, 1],
    ],
  )
  await finish()
  t.is(multi.stats().rejected.closed, 0)
})

// ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('an overload is reported and counted once, on the MultiPool', async (t) => {
  const multi = MultiPool.create({ pools: 3, size: 1, nonblocking: true, name: 'all' })
  const { finish } = occupy(multi, 3)
  const error = await rejection(multi.submit(() => t.fail()))
  t.true(error instanceof PoolOverloadError)
  t.regex(error.message, /"all"/)
  t.throws(() => multi.execute(() => t.fail()), { instanceOf: PoolOverloadError })
  t.false(multi.tryExecute(() => t.fail()))
  t.is(multi.stats().rejected.overload, 3)
  for (let i = 0; i < 3; i++) t.is(multi.at(i).stats().rejected.overload, 0)
  t.is(multi.stats().submitted, 3)
  await finish()
})

test('all bounded queues are used up before there is an overload', async (t) => {
  const pools = [1, 3, 2].map((maxBlockingTasks) => Pool.create({ size: 1, maxBlockingTasks }))
  const multi = MultiPool.of(pools)
  const { finish } = occupy(multi, 3 + 6)
  t.deepEqual(
    [busy(pools), waiting(pools)],
    [
      [1, 1, 1],
      [1, 3, 2],
    ],
  )
  t.false(multi.tryExecute(() => t.fail()))
  t.is(multi.stats().rejected.overload, 1)
  await finish()
  t.is(multi.stats().completed, 9)
})

test('all pools closed: a PoolClosedError, counted once, on the MultiPool; no strategy is asked', async (t) => {
  let asked = 0
  const multi = MultiPool.create({ pools: 2, name: 'all', strategy: () => asked++ })
  multi.release()
  const error = await rejection(multi.submit(() => t.fail()))
  t.true(error instanceof PoolClosedError)
  t.regex(error.message, /"all"/)
  t.throws(() => multi.execute(() => t.fail()), { instanceOf: PoolClosedError })
  t.false(multi.tryExecute(() => t.fail()))
  t.is(multi.stats().rejected.closed, 3)
  t.is(multi.at(0).stats().rejected.closed + multi.at(1).stats().rejected.closed, 0)
  t.is(asked, 0)
})

test('waitTimeout 0: without room anywhere the named pool gives a WaitTimeoutError and counts it', async (t) => {
  const pools = sizes(1, 1)
  const multi = MultiPool.of(pools, { strategy: () => 1 })
  const end = gate()
  const options = { waitTimeout: 0 }
  const tasks = [1, 2].map(() => multi.submit(() => end.promise, options))
  t.deepEqual(busy(pools), [1, 1])
  t.true((await rejection(multi.submit(() => t.fail(), options))) instanceof WaitTimeoutError)
  t.throws(() => multi.execute(() => t.fail(), options), { instanceOf: WaitTimeoutError })
  t.false(multi.tryExecute(() => t.fail(), options))
  t.deepEqual(
    pools.map((pool) => pool.stats().rejected.waitTimeout),
    [0, 3],
  )
  t.is(multi.stats().rejected.overload, 0)
  end.open()
  await Promise.all(tasks)
})

test('waitTimeout 0 where no pool lets a task wait is an overload', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1, nonblocking: true })
  const { finish } = occupy(multi, 2)
  t.true((await rejection(multi.submit(() => t.fail(), { waitTimeout: 0 }))) instanceof PoolOverloadError)
  t.false(multi.tryExecute(() => t.fail(), { waitTimeout: 0 }))
  t.like(multi.stats().rejected, { overload: 2, waitTimeout: 0 })
  await finish()
})

test('bad arguments and aborted signals are answered before any pool or strategy is asked', async (t) => {
  let asked = 0
  const multi = MultiPool.create({ pools: 2, strategy: () => asked++ })
  t.is((await rejection(multi.submit(5 as never))).code, 'ERR_POOL_OPTION')
  t.is((await rejection(multi.submit(() => 0, { timeout: 0 }))).code, 'ERR_POOL_OPTION')
  t.is(await rejection(multi.submit(() => 0, { signal: AbortSignal.abort('stop') })), 'stop')
  t.throws(() => multi.execute(5 as never), { code: 'ERR_POOL_OPTION' })
  t.is(t.throws(() => multi.execute(() => 0, { signal: AbortSignal.abort(new Error('stop')) }))?.message, 'stop')
  t.throws(() => multi.tryExecute(() => 0, { priority: -1 }), { code: 'ERR_POOL_OPTION' })
  t.false(multi.tryExecute(() => 0, { signal: AbortSignal.abort() }))
  multi.release()
  t.is((await rejection(multi.submit(5 as never))).code, 'ERR_POOL_OPTION')
  t.is(asked, 0)
  t.is(multi.stats().submitted, 0)
})

// ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test('options of a task reach its pool: priority, timeout, waitTimeout, signal', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const { finish } = occupy(multi, 2)
  const order: number[] = []
  // Round robin: the even ones wait in pool 0, the odd ones in pool 1.
  const tasks = [2, 2, 0, 1].map((priority) => multi.submit(() => void order.push(priority), { priority }))
  t.is((await rejection(multi.submit(() => t.fail(), { waitTimeout: 1 }))).code, 'ERR_POOL_WAIT_TIMEOUT')
  const controller = new AbortController()
  const aborted = multi.submit(() => t.fail(), { signal: controller.signal })
  controller.abort('stop')
  t.is(await rejection(aborted), 'stop')
  await finish()
  await Promise.all(tasks)
  t.true(order.indexOf(0) < order.indexOf(2) && order.indexOf(1) < order.lastIndexOf(2))
  t.is((await rejection(multi.submit(() => new Promise(() => {}), { timeout: 1 }))).code, 'ERR_POOL_TASK_TIMEOUT')
})

test('one signal for tasks in many pools is one listener', async (t) => {
  const warnings: string[] = []
  const warn = ({ name }: Error) => void warnings.push(name)
  process.on('warning', warn)
  const [ofPools, ofTasks, ofClose] = [new AbortController(), new AbortController(), new AbortController()]
  const multi = MultiPool.create({ pools: 20, size: 1, signal: ofPools.signal })
  const end = gate()
  const tasks = Array.from({ length: 40 }, () => multi.submit(() => end.promise, { signal: ofTasks.signal }))
  const closed = multi.close({ signal: ofClose.signal })
  ofTasks.abort('stop')
  for (const task of tasks) t.is(await rejection(task), 'stop')
  ofClose.abort()
  ofPools.abort()
  end.open()
  await closed
  await new Promise(setImmediate)
  process.off('warning', warn)
  t.deepEqual(warnings, [])
})

test('a task that is admitted at once runs inside the call, and a nested one too', (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const ran: string[] = []
  void multi.submit(() => {
    ran.push('outer')
    void multi.submit(() => void ran.push('inner'))
  })
  t.deepEqual(ran, ['outer', 'inner'])
})

test('execute and tryExecute: a failure is told to panicHandler with the name of the pool that ran it', async (t) => {
  const seen: unknown[] = []
  const panicHandler: PoolOptions['panicHandler'] = (error, { pool }) => void seen.push([error, pool])
  const multi = MultiPool.create({ pools: 2, name: 'named', panicHandler })
  const fail = async () => Promise.reject('Oops!')
  multi.execute(fail)
  t.true(multi.tryExecute(fail))
  await multi.drain()
  t.deepEqual(seen, [
    ['Oops!', 'named#0'],
    ['Oops!', 'named#1'],
  ])
})

test('pools without a name are called after one number', async (t) => {
  const logger = new Recorder()
  const multi = MultiPool.create({ pools: 2, logger })
  multi.execute(() => Promise.reject('a'))
  multi.execute(() => Promise.reject('b'))
  await multi.drain()
  const names = logger.at('error').map(({ obj }) => (obj as { pool: string }).pool)
  t.regex(names[0]!, /^pool-\d+#0$/)
  t.is(names[1], names[0]!.replace('#0', '#1'))
  multi.release()
  t.regex((await rejection(multi.submit(() => 0))).message, new RegExp(`"${names[0]!.replace('#0', '')}"`))
})

test('every pool makes and disposes of its own resources', async (t) => {
  const disposed: number[] = []
  let made = 0
  const dispose = (resource: number) => void disposed.push(resource)
  const multi = MultiPool.create({ pools: 2, size: 2, init: async () => ++made, dispose })
  const end = gate()
  const all = gate()
  const held: number[] = []
  const tasks = Array.from({ length: 6 }, () =>
    multi.submit(async ({ resource }) => {
      if (held.push(resource) === 4) all.open()
      await end.promise
    }),
  )
  t.deepEqual([multi.busy, multi.at(0).busy, multi.at(1).busy], [4, 2, 2])
  await all.promise
  t.deepEqual([...held].sort(), [1, 2, 3, 4])
  t.deepEqual([multi.at(0).waiting, multi.at(1).waiting], [1, 1])
  end.open()
  await Promise.all(tasks)
  await multi.close()
  t.deepEqual(disposed.sort(), [1, 2, 3, 4])
})

test('a task that waited runs in the async context of its submit', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const multi = MultiPool.create({ pools: 1, size: 1 })
  const { finish } = occupy(multi, 1)
  const task = storage.run('here', () => multi.submit(() => storage.getStore()))
  await finish()
  t.is(await task, 'here')
})

// ── verbs and state ─────────────────────────────────────────────────────────────────────────────────────────────────

test('an unbounded pool makes the sums infinite', (t) => {
  const multi = MultiPool.of(sizes(3, Infinity))
  const { capacity, available, free } = multi
  t.deepEqual([capacity, available, free], [Infinity, Infinity, Infinity])
  t.like(multi.stats(), { capacity, available, free, running: 0 })
})

test('stats are sums and add up, whatever has happened', async (t) => {
  const multi = MultiPool.create({ pools: 3, size: 2, maxBlockingTasks: 1 })
  const { finish, tasks } = occupy(multi, 12)
  await Promise.allSettled(tasks.slice(9))
  t.deepEqual(contradictions(multi.stats()), [])
  t.like(multi.stats(), { busy: 6, waiting: 3, submitted: 9, peakBusy: 6, peakWaiting: 3, isClosed: false })
  await finish()
  await rejection(multi.submit(() => Promise.reject('Oops!')))
  multi.at(1).release()
  multi.at(1).reboot()
  t.is(multi.stats().generation, 2)
  const last = occupy(multi, 9)
  multi.release()
  multi.tryExecute(() => 0)
  await last.finish()
  const stats = multi.stats()
  t.deepEqual(contradictions(stats), [])
  t.like(stats, { completed: 15, failed: 1, isClosed: true, unsettled: 0 })
  t.deepEqual(stats.rejected, { ...NONE_REJECTED, overload: 3, closed: 1, released: 3 })
})

test('tune sets each pool and starts what waits', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const { finish } = occupy(multi, 6)
  t.is(multi.waiting, 4)
  multi.tune(3)
  t.deepEqual([multi.capacity, multi.busy, multi.waiting], [6, 6, 0])
  multi.tune(-1)
  t.is(multi.capacity, Infinity)
  t.throws(() => multi.tune(0), { code: 'ERR_POOL_OPTION' })
  await finish()
})

test('drain waits for all pools, also for what a last task has submitted to a drained one', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const ran: string[] = []
  const steps: Gate[] = [gate(), gate()]
  void multi.submit(() => ran.push('first'))
  void multi.submit(async () => {
    await steps[0]!.promise
    void multi.at(0).submit(async () => {
      await steps[1]!.promise
      ran.push('second')
    })
  })
  const drained = multi.drain().then(() => ran.push('drained'))
  steps[0]!.open()
  await multi.at(1).drain()
  // Pool 0 was drained before and is busy again: nothing may be reported, however long that takes.
  await new Promise(setImmediate)
  steps[1]!.open()
  await drained
  t.deepEqual(ran, ['first', 'second', 'drained'])
  await MultiPool.create({ pools: 2 }).drain()
})

test('release rejects what waits and lets the busy ones finish', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const { gates, tasks } = occupy(multi, 4)
  multi.release()
  for (const task of tasks.slice(2)) t.true((await rejection(task)) instanceof PoolClosedError)
  t.is(multi.running, 2)
  for (const { open } of gates) open()
  await Promise.all(tasks.slice(0, 2))
  t.is(multi.running, 0)
})

test('close runs all that was accepted; asyncDispose is close', async (t) => {
  for (const verb of ['close', Symbol.asyncDispose] as const) {
    const multi = MultiPool.create({ pools: 2, size: 1 })
    const { gates, tasks } = occupy(multi, 6)
    const closed = multi[verb]()
    t.true(multi.isClosed)
    for (const { open } of gates) open()
    await closed
    t.is((await Promise.allSettled(tasks)).filter(({ status }) => status === 'fulfilled').length, 6)
  }
})

test('close and releaseTimeout out of time: an AggregateError whose errors name the pools', async (t) => {
  const ends = [
    (multi: MultiPool<Pool>) => multi.close({ timeout: 1 }),
    (multi: MultiPool<Pool>) => multi.releaseTimeout(1),
  ]
  for (const end of ends) {
    const pools = sizes(1, 1, 1)
    const multi = MultiPool.of(pools)
    const held = [occupy(pools[0]!, 1), occupy(pools[2]!, 2)]
    const error = await rejection(end(multi))
    t.true(error instanceof AggregateError)
    t.true(error.errors.every((each: unknown) => each instanceof ReleaseTimeoutError))
    t.deepEqual(indices(error), [0, 2])
    t.true(multi.isClosed)
    for (const { finish } of held) await finish()
    await multi.releaseTimeout(1_000)
  }
})

test('close with a signal: what waits rejects when it aborts; bad options reject', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const { gates, tasks } = occupy(multi, 4)
  t.is((await rejection(multi.close({ timeout: -1 }))).code, 'ERR_POOL_OPTION')
  t.is((await rejection(multi.releaseTimeout(NaN))).code, 'ERR_POOL_OPTION')
  t.false(multi.isClosed)
  const controller = new AbortController()
  const closed = multi.close({ signal: controller.signal })
  controller.abort()
  for (const task of tasks.slice(2)) t.true((await rejection(task)) instanceof PoolClosedError)
  for (const { open } of gates) open()
  await closed
})

test('the signal option is followed by every pool, and forbids a reboot', async (t) => {
  const controller = new AbortController()
  const multi = MultiPool.create({ pools: 3, size: 1, signal: controller.signal, name: 'all' })
  const reasons: unknown[] = []
  const tasks = Array.from({ length: 3 }, () =>
    multi.submit(
      ({ signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(void reasons.push(signal.reason)))
        }),
    ),
  )
  controller.abort('stop')
  await Promise.all(tasks)
  t.deepEqual(reasons, ['stop', 'stop', 'stop'])
  t.true(multi.isClosed)
  const error = t.throws(() => multi.reboot(), { instanceOf: AggregateError, message: /"all"/ })
  t.deepEqual(indices(error), [0, 1, 2])
})

test('reboot opens the pools that can be opened', async (t) => {
  const pools = [Pool.create(), Pool.create({ signal: AbortSignal.abort() }), Pool.create()]
  const multi = MultiPool.of(pools)
  pools[2]!.release()
  const error = t.throws(() => multi.reboot(), { instanceOf: AggregateError })
  t.deepEqual(indices(error), [1])
  t.true(error.errors[0] instanceof PoolClosedError)
  t.deepEqual(
    pools.map((pool) => pool.isClosed),
    [false, true, false],
  )
})

test('its pools live as long as tasks do that were submitted to it', async (t) => {
  const end = gate()
  const task = MultiPool.create({ pools: 2, size: 1 }).submit(async () => {
    await end.promise
    return 'ran'
  })
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  end.open()
  t.is(await task, 'ran')
})

// ── options ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('options are checked, and what is wrong is said', (t) => {
  const create = (options: unknown) => () => MultiPool.create(options as never)
  const code = 'ERR_POOL_OPTION'
  for (const pools of [0, -1, 1.5, NaN, Infinity, 1_025]) {
    const message = /pools must be an integer from 1 to 1024, not/
    t.throws(create({ pools }), { code, instanceOf: RangeError, message })
  }
  for (const options of [undefined, null, 5, {}, { pools: undefined }, { pools: null }, { pools: '2' }]) {
    t.throws(create(options), { code, instanceOf: TypeError })
  }
  for (const strategy of [null, 5, {}]) {
    const message = /'round-robin', 'least-tasks', 'smart-round-robin', 'weighted-least-tasks', or a function/
    t.throws(create({ pools: 2, strategy }), { code, instanceOf: TypeError, message })
  }
  t.throws(create({ pools: 2, strategy: 'random' }), { code, instanceOf: RangeError })
  t.throws(create({ pools: 2, strategy: 'toString' }), { code, instanceOf: RangeError })
  t.throws(create({ pools: 2, poolz: 2 }), { code, message: /unknown option poolz.*MultiPool\.create.*strategy/ })
  t.throws(create({ pools: 2, expiry: -1 }), { code, instanceOf: RangeError })
  t.throws(create({ pools: 2, size: -1, preAlloc: true }), { code })
  t.throws(() => Pool.create({ pools: 2 } as never), { code, message: /unknown option pools/ })
  t.notThrows(create({ pools: 2, strategy: undefined, size: 4, preAlloc: true }))
})

test('pools are checked: at least one, all pools, none twice', (t) => {
  const of = (pools: unknown, options?: unknown) => () => MultiPool.of(pools as never, options as never)
  const code = 'ERR_POOL_OPTION'
  const pool = Pool.create()
  t.throws(of([]), { code, instanceOf: RangeError })
  for (const pools of [undefined, null, 'pools', pool, [undefined], [{}], [Object.create(Pool.prototype)], [pool, 5]]) {
    t.throws(of(pools), { code, instanceOf: TypeError })
  }
  t.throws(of([pool, Pool.create(), pool]), { code, instanceOf: RangeError, message: /pools\[2\].*pools\[0\]/ })
  t.throws(of([pool], { strategy: null }), { code, instanceOf: TypeError })
  t.throws(of([pool], { size: 4 }), { code, message: /unknown option size.*MultiPool\.of.*strategy/ })
  t.notThrows(of([pool], undefined))
})

test('at gives the very pool; an index out of range is a RangeError', (t) => {
  const pools = sizes(1, 2)
  const multi = MultiPool.of(pools)
  t.is(multi.at(1), pools[1]!)
  pools.reverse()
  t.is(multi.at(0), pools[1]!)
  const code = 'ERR_POOL_OPTION'
  for (const index of [-1, 2, 0.5, NaN]) t.throws(() => multi.at(index), { code, instanceOf: RangeError })
  t.throws(() => multi.at('0' as never), { code, instanceOf: TypeError })
})

test('if a later pool cannot be made none is left, and nothing listens to the signal', (t) => {
  // Options are checked before the first pool is made. What may fail later is the core, so it is made to fail here.
  const compiled = join(process.cwd(), 'target/js')
  const require = createRequire(join(compiled, 'src/x.js'))
  const { checkMultiPoolOptions } = require('./options/multi-pool-options.js')
  const { createPools } = require('./pool/pool.js')
  const { signal } = new AbortController()
  const { settings } = checkMultiPoolOptions({ pools: 3, signal })
  const pools: Pool[] = createPools(settings)
  t.is(getEventListeners(signal, 'abort').length, 1)
  for (const pool of pools) t.false(pool.isClosed)

  const other = new AbortController().signal
  const bad = checkMultiPoolOptions({ pools: 3, signal: other }).settings
  t.throws(() => createPools([bad[0], bad[1], { ...bad[2], size: 'refused by the core' }]))
  t.is(getEventListeners(other, 'abort').length, 0)
})

// ── the verbs of the other kind ──────────────────────────────────────────────────────────────────────────────────────

/** JavaScript has no types that would say so. */
type Any = Record<string, any>

for (const verb of ['execute', 'tryExecute'] as const) {
  test(`over thread pools ${verb} throws and names what to use`, async (t) => {
    const multi = MultiPool.of([threads(t, { size: 1 })])
    t.throws(() => (multi as Any)[verb](() => t.fail()), {
      instanceOf: TypeError,
      code: 'ERR_POOL_OPTION',
      message: new RegExp(`^${verb} .*thread pools.*; use run or tasks`),
    })
    t.is(multi.stats().submitted, 0)
  })
}

test('over thread pools submit rejects and names what to use', async (t) => {
  const multi = MultiPool.of([threads(t, { size: 1 })])
  const error = await rejection((multi as Any).submit(() => t.fail()))
  t.like(error, { name: 'TypeError', code: 'ERR_POOL_OPTION' })
  t.regex((error as Error).message, /^submit .*thread pools.*; use run or tasks/)
})

for (const [verb, call] of [
  ['run', (multi: Any) => multi.run(1)],
  ['run', (multi: Any) => multi.run(1, { name: 'default', timeout: 100 })],
  ['tasks', (multi: Any) => multi.tasks.fib(1)],
  ['tasks', (multi: Any) => multi.tasks.fib(1, 2)],
] as const) {
  test(`over pools of closures ${verb} rejects and names what to use: ${call}`, async (t) => {
    await using multi = MultiPool.create({ pools: 2 })
    const error = await rejection(call(multi))
    t.like(error, { name: 'TypeError', code: 'ERR_POOL_OPTION' })
    t.regex((error as Error).message, new RegExp(`^${verb} .*no thread pools; use submit, execute or tryExecute`))
    t.is(multi.stats().submitted, 0)
  })
}

test('over pools of closures runAll and stream are refused, and name what to use', async (t) => {
  await using multi = MultiPool.create({ pools: 2 })
  const any = multi as unknown as Any
  t.like(await rejection(any.runAll!([1])), {
    code: 'ERR_POOL_OPTION',
    message: 'runAll calls an export of a module, and this MultiPool has no thread pools; use submitAll',
  })
  t.throws(() => any.stream!(1), {
    code: 'ERR_POOL_OPTION',
    message: /^stream .*no thread pools; use submit .*or map$/,
  })
  t.is(multi.stats().submitted, 0)
})

test('over thread pools wrap throws and names what to use', async (t) => {
  const pool = threads(t, { size: 1 })
  for (const any of [MultiPool.of([pool]), pool] as Any[]) {
    t.throws(() => any.wrap(() => t.fail()), {
      instanceOf: TypeError,
      code: 'ERR_POOL_OPTION',
      message: /^wrap .*; tasks/,
    })
  }
})

test('tune over thread pools allows what a thread pool allows', (t) => {
  const multi = MultiPool.of([threads(t, { size: 1 }), threads(t, { size: 1 })])
  t.throws(() => multi.tune(Infinity), { instanceOf: RangeError, code: 'ERR_POOL_OPTION' })
  multi.tune(2)
  t.is(multi.capacity, 4)
})
