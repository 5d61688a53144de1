import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import {
  NativePool,
  type NativeTicket,
  PoolClosedError,
  PoolOverloadError,
  TaskTimeoutError,
  WaitTimeoutError,
} from 'workpool'

import { type Counts, Kind, fixture } from '../support/addon.js'
import { contradictions } from '../support/accounts.js'
import { rejection, until } from '../support/until.js'

const addon = fixture('c')

/** What has been counted since. */
function counting(): () => Counts {
  const before = addon.counts()
  return () => {
    const now = Object.entries(addon.counts()).map(([name, count]) => [name, count - before[name as keyof Counts]])
    return Object.fromEntries(now) as Counts
  }
}

/** Waits until so many jobs have started. */
const untilStarted = (count: () => Counts, jobs: number): Promise<void> =>
  until(() => count().started === jobs, `${jobs} jobs start`)

test.serial('a job runs on a thread of the pool, and its promise gives what the addon makes of it', async (t) => {
  const count = counting()
  const native = NativePool.create({ name: 'sums', size: 2 })
  t.is(await addon.submit(native.job(), Kind.sum, 2, 3), 5)
  const { started, executed, completed, disposed } = count()
  t.deepEqual([started, executed, completed, disposed], [1, 1, 1, 1])
  t.is(native.kind, 'native')
  t.is(native.capacity, 2)
  await native.close()
})

test.serial('a job without complete, and one that makes no value, give undefined', async (t) => {
  const native = NativePool.create({ size: 1 })
  t.is(await addon.submit(native.job(), Kind.sum, -1, 3), undefined)
  t.is(await addon.submit(native.job(), Kind.nothing), undefined)
  await native.close()
})

test.serial('threads are called after the pool, with a number', async (t) => {
  const native = NativePool.create({ name: 'img', size: 1 })
  t.is(await addon.submit(native.job(), Kind.name), 'img/0')
  await native.close()
})

test.serial(
  'what a job says by workpool_fail its promise rejects with: the last reason, as message and as cause',
  async (t) => {
    const native = NativePool.create({ size: 1 })
    const error = await rejection(addon.submit(native.job(), Kind.fail, 0, 'no such file'))
    t.true(error instanceof Error)
    t.is(error.message, 'no such file')
    t.is(error.cause, 'no such file')
    t.is((await rejection(addon.submit(native.job(), Kind.code, 7))).message, 'the job returned 7')
    t.is(native.stats().failed, 2)
    await native.close()
  },
)

test.serial('the addon makes the error of its job, or throws instead of a result', async (t) => {
  const native = NativePool.create({ size: 1 })
  const made = await rejection(addon.submit(native.job(), Kind.custom, 0, 'broken'))
  t.true(made instanceof TypeError)
  t.is(made.message, 'broken')
  const thrown = await rejection(addon.submit(native.job(), Kind.throw))
  t.true(thrown instanceof RangeError)
  t.is(thrown.code, 'ERR_OF_ADDON')
  await native.close()
})

test.serial('panicHandler sees what a job fails with, and the names that the ticket has given', async (t) => {
  const seen: unknown[] = []
  const native = NativePool.create({
    name: 'panics',
    size: 1,
    panicHandler: (error, { pool, name, priority, id }) =>
      void seen.push([(error as Error).message, pool, name, priority, id]),
  })
  void addon.submit(native.job({ name: 'pack', priority: 'low' }), Kind.fail, 0, 'no')
  await native.drain()
  await turn()
  t.deepEqual(seen, [['no', 'panics', 'pack', 2, 1]])
  await native.close()
})

test.serial('jobs beyond the capacity wait and start by priority; a newcomer passes nobody', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 1 })
  const order: string[] = []
  const first = addon.submit(native.job(), Kind.hold)
  await untilStarted(count, 1)
  const others = (['low', 'normal', 'high'] as const).map((priority) =>
    addon.submit(native.job({ priority }), Kind.sum, 1, 1).then(() => order.push(priority)),
  )
  t.deepEqual([native.busy, native.waiting], [1, 3])
  addon.open()
  await Promise.all([first, ...others])
  t.deepEqual(order, ['high', 'normal', 'low'])
  t.deepEqual(contradictions(native.stats()), [])
  await native.close()
})

test.serial('a full pool refuses as every pool does, and the job is disposed of within the call', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 1, maxBlockingTasks: 1 })
  const held = addon.submit(native.job(), Kind.hold)
  await untilStarted(count, 1)
  const waiting = addon.submit(native.job(), Kind.sum, 1, 1)
  const refused = addon.submit(native.job(), Kind.sum, 1, 1)
  t.is(count().disposed, 1)
  t.true((await rejection(refused)) instanceof PoolOverloadError)
  addon.open()
  await Promise.all([held, waiting])
  await native.close()
  t.true((await rejection(addon.submit(native.job(), Kind.sum))) instanceof PoolClosedError)
  const { started, disposed } = count()
  t.deepEqual([started, disposed], [2, 4])
})

test.serial('nonblocking, and waitTimeout 0, refuse what would have to wait', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 1, nonblocking: true })
  const held = addon.submit(native.job(), Kind.hold)
  await untilStarted(count, 1)
  t.true((await rejection(addon.submit(native.job(), Kind.sum))) instanceof PoolOverloadError)
  native.configure({ nonblocking: false })
  t.true((await rejection(addon.submit(native.job({ waitTimeout: 0 }), Kind.sum))) instanceof WaitTimeoutError)
  addon.open()
  await held
  await native.close()
})

test.serial('keys, perKey and rate hold for jobs', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 4, perKey: 1 })
  const held = addon.submit(native.job({ key: 'a' }), Kind.hold)
  await untilStarted(count, 1)
  const same = addon.submit(native.job({ key: 'a' }), Kind.sum, 1, 1)
  t.is(await addon.submit(native.job({ key: 'b' }), Kind.sum, 1, 1), 2)
  t.is(native.waiting, 1)
  native.configure({ rate: { limit: 1, interval: 60_000 }, perKey: Infinity })
  t.is(await same, 2)
  const late = addon.submit(native.job({ waitTimeout: 1 }), Kind.sum)
  t.true((await rejection(late)) instanceof WaitTimeoutError)
  addon.open()
  await held
  await native.close()
})

test.serial(
  'a waiting job that times out, is aborted, cleared or released never runs, and is disposed of',
  async (t) => {
    const count = counting()
    const native = NativePool.create({ size: 1 })
    const held = addon.submit(native.job(), Kind.hold)
    await untilStarted(count, 1)
    const controller = new AbortController()
    const late = rejection(addon.submit(native.job({ waitTimeout: 1 }), Kind.sum))
    const aborted = rejection(addon.submit(native.job({ signal: controller.signal }), Kind.sum))
    controller.abort('enough')
    t.is(await aborted, 'enough')
    t.true((await late) instanceof WaitTimeoutError)
    const cleared = rejection(addon.submit(native.job(), Kind.sum))
    t.is(native.clear(), 1)
    t.is((await cleared).code, 'ERR_POOL_CLEARED')
    const released = rejection(addon.submit(native.job(), Kind.sum))
    native.release()
    t.true((await released) instanceof PoolClosedError)
    await until(() => count().disposed === 4, 'what waited is disposed of')
    addon.open()
    await held
    await native.close()
    await until(() => count().disposed === 5, 'what ran is disposed of')
    t.is(count().started, 1)
    t.is(count().disposedWithoutEnv, 0)
  },
)

test.serial(
  'after its timeout the promise of a job rejects; the job hears of it, and its thread is busy until it returns',
  async (t) => {
    const count = counting()
    const native = NativePool.create({ size: 1 })
    const held = rejection(addon.submit(native.job({ timeout: 5, name: 'slow' }), Kind.hold))
    const error = await held
    t.true(error instanceof TaskTimeoutError)
    t.regex(error.message, /^the task "slow" ran longer than its timeout of 5 ms/)
    t.is(native.busy, 1)
    t.is(count().executed, 0)
    addon.open()
    await native.drain()
    await until(() => count().disposed === 1, 'the job is disposed of')
    const { aborted, completed } = count()
    t.deepEqual([aborted, completed], [1, 0])
    await native.close()
  },
)

test.serial('a running job that is aborted sees its flag, and the next job on its thread does not', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 1 })
  const controller = new AbortController()
  const heeding = addon.submit(native.job({ signal: controller.signal }), Kind.heed)
  await untilStarted(count, 1)
  const next = addon.submit(native.job(), Kind.hold)
  controller.abort('enough')
  t.is(await rejection(heeding), 'enough')
  await untilStarted(count, 2)
  addon.open()
  await next
  t.is(count().aborted, 1)
  await native.close()
})

test.serial(
  'the signal of the pool raises the flags of running jobs, whose promises settle by their ends',
  async (t) => {
    const count = counting()
    const controller = new AbortController()
    const native = NativePool.create({ size: 2, signal: controller.signal })
    const jobs = [addon.submit(native.job(), Kind.heed), addon.submit(native.job(), Kind.heed)]
    await untilStarted(count, 2)
    controller.abort()
    t.deepEqual(await Promise.all(jobs), [0, 0])
    t.true(native.isClosed)
  },
)

test.serial(
  'onProgress hears the newest number, the last one before the end, in the context of the submission',
  async (t) => {
    const native = NativePool.create({ size: 1 })
    const storage = new AsyncLocalStorage<string>()
    const heard: unknown[] = []
    const onProgress = (value: number): void => void heard.push([value, storage.getStore()])
    await storage.run('request', () => addon.submit(native.job({ onProgress }), Kind.tell, 1_000))
    t.deepEqual(heard.at(-1), [1_000, 'request'])
    t.is(await addon.submit(native.job(), Kind.tell, 10), 0)
    await native.close()
  },
)

test.serial('a ticket is used once, and unused it is nothing', async (t) => {
  const native = NativePool.create({ size: 1 })
  const ticket = native.job()
  t.is(native.stats().submitted, 0)
  t.is(await addon.submit(ticket, Kind.sum, 1, 1), 2)
  const again = await rejection(addon.submit(ticket, Kind.sum, 1, 1))
  t.deepEqual([again.code, again.name], ['ERR_POOL_OPTION', 'TypeError'])
  t.is(native.stats().submitted, 1)
  await native.close()
})

test.serial(
  'what is no ticket, a job without execute, and an addon for a newer version are refused with clear errors',
  (t) => {
    const count = counting()
    const native = NativePool.create({ size: 1 })
    for (const value of [{}, { workpool: {} }, 7, null, undefined, 'ticket']) {
      t.throws(() => addon.submit(value as unknown as NativeTicket, Kind.sum), {
        instanceOf: TypeError,
        code: 'ERR_POOL_OPTION',
        message: /the ticket is missing/,
      })
    }
    t.throws(() => addon.submitNothing(native.job()), { code: 'ERR_POOL_ADDON', message: /without execute/ })
    t.throws(() => fixture('later').submit(native.job(), Kind.sum), {
      instanceOf: TypeError,
      code: 'ERR_POOL_ADDON',
      message: /built for a newer version of workpool/,
    })
    t.is(count().disposed, 7)
    native.release()
  },
)

test.serial('what looks like a ticket and is none is refused, and its job disposed of', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 1 })
  const { workpool } = native.job()
  const error = await rejection(addon.submit({ workpool } as unknown as NativeTicket, Kind.sum))
  t.is(error.code, 'ERR_POOL_OPTION')
  t.is(count().disposed, 1)
  native.release()
})

test.serial('bad options are refused at once', (t) => {
  for (const [options, message] of [
    [{ size: Infinity }, /^size must be an integer from 1 to 2147483647; a native pool is never unbounded/],
    [{ stackSize: 1 }, /^stackSize must be an integer of bytes from 65536/],
    [{ minSize: 3, size: 2 }, /^minSize must be at most size, 2/],
    [{ filename: 'x' }, /^unknown option filename/],
    [{ shared: true }, /^shared needs a name/],
    [{ defaults: { policy: {} } }, /^unknown option policy in defaults/],
  ] as const) {
    t.throws(() => NativePool.create(options as object), { code: 'ERR_POOL_OPTION', message })
  }
  const native = NativePool.create({ size: 1 })
  t.throws(() => native.job({ weight: 2 } as object), { code: 'ERR_POOL_OPTION' })
  t.throws(() => native.job({ timeout: 0 }), { code: 'ERR_POOL_OPTION', message: /^timeout must be/ })
  t.throws(() => native.configure({ grace: 5 }), { code: 'ERR_POOL_OPTION' })
  native.release()
})

test.serial('defaults hold for every job, and both signals abort', async (t) => {
  const controller = new AbortController()
  const native = NativePool.create({ size: 1, defaults: { signal: controller.signal, name: 'mine' } })
  const count = counting()
  const running = addon.submit(native.job({ signal: new AbortController().signal }), Kind.heed)
  await untilStarted(count, 1)
  t.is(native.inspect().workers[0]!.tasks[0]!.name, 'mine')
  controller.abort('all')
  t.is(await rejection(running), 'all')
  await native.close()
})

test.serial('idle threads expire, preAlloc starts all, tune retires and starts them', async (t) => {
  const native = NativePool.create({ size: 3, preAlloc: true, expiry: 20, minSize: 1 })
  await until(() => native.stats().workers.started === 3, 'all threads are there')
  await until(() => native.running === 1, 'idle threads expire, but the one that is kept')
  native.tune(2)
  const count = counting()
  const jobs = [1, 2, 3].map(() => addon.submit(native.job(), Kind.hold))
  await untilStarted(count, 2)
  t.deepEqual([native.running, native.waiting], [2, 1])
  native.tune(3)
  await untilStarted(count, 3)
  addon.open()
  await Promise.all(jobs)
  native.tune(1)
  await until(() => native.running === 1, 'threads above the capacity retire')
  await native.close()
})

test.serial('pause, resume, vacancy, drain, ready, reboot and inspect do what they do in every pool', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 1 })
  await native.ready()
  t.is(native.running, 1)
  native.pause()
  const held = addon.submit(native.job(), Kind.hold)
  await turn()
  t.deepEqual([count().started, native.waiting], [0, 1])
  native.resume()
  await untilStarted(count, 1)
  let isVacant = false
  const vacant = native.vacancy().then(() => (isVacant = true))
  await turn()
  t.false(isVacant)
  addon.open()
  await Promise.all([held, vacant, native.drain()])
  const [worker] = native.inspect().workers
  t.is(worker!.state, 'idle')
  await native.close()
  native.reboot()
  t.is(await addon.submit(native.job(), Kind.sum, 1, 2), 3)
  t.is(native.stats().generation, 2)
  await native.close()
})

test.serial('thousands of jobs from one loop all settle, and each is disposed of once', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 4 })
  const jobs = Array.from({ length: 20_000 }, (_, i) => addon.submit(native.job(), Kind.sum, i, 1))
  const sums = await Promise.all(jobs)
  t.true(sums.every((sum, i) => sum === i + 1))
  await native.close()
  const { started, completed, disposed, disposedWithoutEnv } = count()
  t.deepEqual([started, completed, disposed, disposedWithoutEnv], [20_000, 20_000, 20_000, 0])
  t.deepEqual(contradictions(native.stats()), [])
})

test.serial('a stack of the size that is asked for is there', async (t) => {
  const native = NativePool.create({ size: 1, stackSize: 2 ** 16 })
  t.is(await addon.submit(native.job(), Kind.sum, 1, 1), 2)
  await native.close()
})

test.serial('a close that runs out of time with abort aborts the job that runs', async (t) => {
  const count = counting()
  const native = NativePool.create({ size: 1 })
  const heeding = addon.submit(native.job(), Kind.heed)
  await untilStarted(count, 1)
  await rejection(native.close({ timeout: 1, abort: true }))
  t.true((await rejection(heeding)) instanceof PoolClosedError)
  await native.close()
  t.is(count().aborted, 1)
})
