// The single-pool tests of panjf2000/ants v2, ported. `submit` stands for all its kinds of pool (Submit, Invoke,
// generic Invoke); its 100 ms tasks last 10 ms here. Where ants surprises we decided otherwise: said at the test.
import { setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClosedError, PoolOverloadError, type PoolOptions } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { rejection, until } from '../support/until.js'

const TASKS = 20_000
const sleep = () => delay(10)

const kinds: [string, PoolOptions][] = [
  ['', {}],
  [', preallocated', { preAlloc: true }],
]

for (const [title, options] of kinds) {
  // TestAntsPoolWaitToGetWorker, TestAntsPoolWithFunc…, …Generic…; …PreMalloc
  test(`many more tasks than workers all complete${title}`, async (t) => {
    t.timeout(30_000)
    const pool = Pool.create({ size: 1_000, ...options })
    let ran = 0
    const tasks = Array.from({ length: TASKS }, () => pool.submit(() => sleep().then(() => void ran++)))
    t.is(pool.waiting, TASKS - 1_000)
    await Promise.all(tasks)
    t.is(ran, TASKS)
    t.is(pool.running, 1_000)
    pool.release()
  })

  // TestAntsPoolGetWorkerFromCache, TestAntsPoolWithFunc…, …Generic…; …PreMalloc
  test(`after all workers have expired a task gets one from the worker cache${title}`, async (t) => {
    const pool = Pool.create({ size: 1_000, expiry: 20, ...options })
    await Promise.all(Array.from({ length: 1_000 }, () => pool.submit(sleep)))
    await until(() => pool.running === 0, 'every worker expires')
    await pool.submit(sleep)
    t.is(pool.running, 1)
    t.is(pool.stats().workers.reused, 1)
    pool.release()
  })

  // TestPanicHandler, TestPanicHandlerPreMalloc. In ants a panic ends its worker, and Running() is 0 afterwards. Our
  // worker survives the failure of a task (unless isBroken says otherwise) and is idle until the release.
  test(`the panic handler is called exactly once per panic${title}`, async (t) => {
    const seen: unknown[] = []
    const pool = Pool.create({ size: 10, panicHandler: (error) => void seen.push(error), ...options })
    await rejection(pool.submit(() => Promise.reject('Oops!')))
    t.deepEqual(seen, ['Oops!'])
    await rejection(pool.submit(() => Promise.reject('Oops!')))
    t.deepEqual(seen, ['Oops!', 'Oops!'])
    t.is(pool.busy, 0)
    pool.release()
    t.is(pool.running, 0)
  })

  // TestPoolPanicWithoutHandler, …PreMalloc. In ants a panic without a handler is logged; here the promise of a submit
  // carries it, and only an execute, which has none, is logged.
  test(`panics without a handler are not fatal${title}`, async (t) => {
    const logger = new Recorder()
    const pool = Pool.create({ size: 10, logger, ...options })
    for (let i = 0; i < 5; i++) {
      pool.execute(() => {
        throw new Error('Oops!')
      })
    }
    t.is(await pool.submit(() => 'alive'), 'alive')
    t.is(logger.at('error').length, 5)
    pool.release()
  })

  // TestRebootNewPoolCalc, TestRebootNewPoolWithPreAllocCalc
  test(`a sum is right before and after releaseTimeout and reboot${title}`, async (t) => {
    const pool = Pool.create({ size: 10, ...options })
    for (let round = 0; round < 2; round++) {
      let sum = 0
      const add = (i: number) => async () => {
        await delay(1)
        sum += i
      }
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => pool.submit(add(i))))
      t.is(sum, 499_500)
      await pool.releaseTimeout(5_000)
      t.is(pool.running, 0)
      pool.reboot()
    }
  })
}

// TestAntsPool. ants has a default pool of its own; here a pool of default options stands for it.
test('a default pool runs 20,000 tasks; its gauges can be read meanwhile', async (t) => {
  t.timeout(30_000)
  const pool = Pool.create()
  const tasks = Array.from({ length: TASKS }, () => pool.submit(async () => undefined))
  t.is(pool.capacity, 256)
  t.is(pool.running, 256)
  t.is(pool.free, 0)
  await Promise.all(tasks)
  t.is(pool.stats().completed, TASKS)
  pool.release()
})

// TestPurgePool. In ants Running falls to 0 only with the next purge; release retires idle workers at once here.
test('busy workers all count as running, and none is left after release', async (t) => {
  const pool = Pool.create({ size: 1_000 })
  const { finish } = occupy(pool, 500)
  t.is(pool.running, 500)
  pool.release()
  await finish()
  t.is(pool.running, 0)
})

// TestPurgePreMallocPool
test('idle workers of a preallocated pool expire', async (t) => {
  const pool = Pool.create({ size: 1_000, expiry: 10, preAlloc: true })
  await pool.submit(sleep)
  t.is(pool.running, 1)
  await until(() => pool.running === 0, 'it expires')
  t.is(pool.free, 1_000)
})

// TestNonblockingSubmit, …WithFunc, …WithFuncGeneric
test('nonblocking: accepted until full, refused when full, accepted again right after one task has ended', async (t) => {
  const pool = Pool.create({ size: 10, nonblocking: true })
  const { gates, tasks, finish } = occupy(pool, 10)
  t.true((await rejection(pool.submit(sleep))) instanceof PoolOverloadError)
  gates[4]!.open()
  await tasks[4]
  await t.notThrowsAsync(pool.submit(sleep))
  await finish()
  pool.release()
})

// TestMaxBlockingSubmit, …WithFunc, …WithFuncGeneric
test('maxBlockingTasks 1: one task waits, the next is refused, the waiting one succeeds later', async (t) => {
  const pool = Pool.create({ size: 10, maxBlockingTasks: 1 })
  const { gates, finish } = occupy(pool, 10)
  const waiting = pool.submit(() => 'waited')
  t.true((await rejection(pool.submit(sleep))) instanceof PoolOverloadError)
  gates[0]!.open()
  t.is(await waiting, 'waited')
  await finish()
  pool.release()
})

// TestRebootDefaultPool, TestRebootNewPool
test('reboot: nothing on an open pool; refused after releaseTimeout; accepted after reboot', async (t) => {
  const pool = Pool.create({ size: 10 })
  pool.reboot()
  await pool.submit(sleep)
  await pool.releaseTimeout(2_000)
  t.true((await rejection(pool.submit(sleep))) instanceof PoolClosedError)
  pool.reboot()
  await t.notThrowsAsync(pool.submit(sleep))
  pool.release()
})

// TestInfinitePool, …WithFunc, …WithFuncGeneric. In ants Free() of an infinite pool is -1 and Tune(10) does nothing.
test('an unbounded pool: nested submits run, free is Infinity, tune bounds it; preAlloc is refused', async (t) => {
  const pool = Pool.create({ size: -1 })
  const inner = gate()
  const outer = gate()
  const nested = gate<Promise<void>[]>()
  const task = pool.submit(() => {
    nested.open([pool.submit(() => inner.promise)])
    return outer.promise
  })
  t.is(pool.running, 2)
  t.is(pool.free, Infinity)
  pool.tune(10)
  t.is(pool.capacity, 10)
  inner.open()
  outer.open()
  await Promise.all([task, ...(await nested.promise)])
  t.throws(() => Pool.create({ size: -1, preAlloc: true }), { code: 'ERR_POOL_OPTION' })
})

for (const expiry of [undefined, 10]) {
  // TestWithDisablePurgePool, …PoolFunc; TestWithDisablePurgeAndWithExpirationPool, …PoolFunc
  test(`disablePurge ${expiry ? 'with an expiry ' : ''}keeps all workers until the release`, async (t) => {
    const pool = Pool.create({ size: 10, disablePurge: true, expiry })
    await occupy(pool, 10).finish()
    await delay(15)
    t.deepEqual([pool.running, pool.free], [10, 0])
    await pool.releaseTimeout(1_000)
    t.deepEqual([pool.running, pool.free], [0, 10])
  })
}

// TestReleaseWhenRunningPool, …WithFunc, …WithFuncGeneric
test('a release in the middle lets both producers return', async (t) => {
  const pool = Pool.create({ size: 1 })
  let ran = 0
  const producer = async () => {
    let refused = 0
    for (let i = 0; i < 30; i++) {
      try {
        await pool.submit(async () => {
          await sleep()
          if (++ran === 5) pool.release()
        })
      } catch (error) {
        t.true(error instanceof PoolClosedError)
        refused++
      }
    }
    return refused
  }
  const refused = await Promise.all([producer(), producer()])
  t.is(ran, 5)
  t.is(refused[0]! + refused[1]!, 55)
  t.is(pool.running, 0)
})

// TestRestCodeCoverage. An expiry that is negative is refused (in ants only unless DisablePurge is set); a nil function
// is our task that is no function; tune shrinks under load.
test('bad options are refused; tune shrinks under load; submits after the release are harmless', async (t) => {
  t.throws(() => Pool.create({ expiry: -1 }), { code: 'ERR_POOL_OPTION' })
  t.throws(() => Pool.create({ expiry: -1, disablePurge: true }), { code: 'ERR_POOL_OPTION' })
  t.is((await rejection(Pool.create().submit(undefined as never))).code, 'ERR_POOL_OPTION')
  for (const [, options] of kinds) {
    const pool = Pool.create({ size: 1_000, ...options })
    const tasks = Array.from({ length: 3_000 }, () => pool.submit(sleep))
    pool.tune(1_000)
    pool.tune(100)
    t.is(pool.capacity, 100)
    await Promise.all(tasks)
    t.is(pool.running, 100)
    pool.release()
    for (let i = 0; i < 10; i++) t.true((await rejection(pool.submit(sleep))) instanceof PoolClosedError)
  }
})

// TestPoolTuneScaleUp
test('tune up admits what waits: one by one, and five at once', async (t) => {
  const pool = Pool.create({ size: 2 })
  const first = occupy(pool, 2)
  t.is(pool.running, 2)
  pool.tune(3)
  const third = occupy(pool, 1)
  t.is(pool.running, 3)
  const five = occupy(pool, 5)
  t.is(pool.waiting, 5)
  pool.tune(8)
  t.deepEqual([pool.running, pool.waiting], [8, 0])
  await Promise.all([first.finish(), third.finish(), five.finish()])
  pool.release()
})

// TestReleaseTimeout, TestDefaultPoolReleaseTimeout. A second ReleaseTimeout is an error in ants; here it waits, too.
test('releaseTimeout waits for five tasks, also the second time', async (t) => {
  const pool = Pool.create({ size: 10 })
  pool.reboot()
  const tasks = Array.from({ length: 5 }, () => pool.submit(sleep))
  t.true(pool.running > 0)
  await Promise.all([pool.releaseTimeout(2_000), pool.releaseTimeout(2_000)])
  t.is(pool.running, 0)
  await Promise.all(tasks)
})
