// The core's numbers are used again: what is late for a task must never meet the next one that has its number.
import { join } from 'node:path'

import test from 'ava'
import { Pool, PoolClosedError, type ThreadPool } from 'workpool'

import { begun, cells, open } from '../support/cells.js'
import { gate } from '../support/gate.js'
import { type Functions, threads } from '../support/threads.js'
import { block, rejection, within } from '../support/until.js'

const filename = join(process.cwd(), '__test__', 'fixtures', 'peer-tasks.mjs')

// ── closures: a listener of the same signal changes the pool and submits ────────────────────────────────────────────

const changes: Record<string, (pool: Pool) => void> = {
  'tunes up': (pool) => pool.tune(2),
  'tunes up and down': (pool) => {
    pool.tune(2)
    pool.tune(1)
  },
  'releases and reboots': (pool) => {
    pool.release()
    pool.reboot()
  },
  'closes and reboots': (pool) => {
    void pool.close()
    pool.reboot()
  },
}

for (const [what, change] of Object.entries(changes)) {
  test(`an abort listener ${what} and submits: the abort of the others on the signal does not meet the new task`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const controller = new AbortController()
    const { signal } = controller
    const later = gate<string>()
    let fresh: Promise<string>[] = []
    const running = pool.submit(
      (context) =>
        new Promise<string>((resolve) => {
          context.signal.addEventListener('abort', () => {
            change(pool)
            fresh = [pool.submit(() => later.promise), pool.submit(() => later.promise)]
            resolve('running')
          })
        }),
      { signal },
    )
    const waiting = pool.submit(() => t.fail('its signal has aborted'), { signal })
    const reason = new Error('changed my mind')
    controller.abort(reason)
    t.is(await rejection(running), reason)
    const isReleased = (await rejection(waiting)) instanceof PoolClosedError
    later.open('fresh')
    t.deepEqual(await Promise.all(fresh), ['fresh', 'fresh'])
    await pool.drain()
    const { unsettled, cancelled } = pool.stats()
    t.deepEqual({ unsettled, cancelled }, { unsettled: 0, cancelled: isReleased ? 1 : 2 })
  })
}

test('a panicHandler aborts the signal of its own task and submits: the new task is not aborted', async (t) => {
  const controller = new AbortController()
  const { signal } = controller
  const later = gate<string>()
  let retry: Promise<string> | undefined
  const pool: Pool = Pool.create({
    size: 1,
    panicHandler: () => {
      retry ??= pool.submit(() => later.promise)
      controller.abort()
    },
  })
  const failing = pool.submit(() => Promise.reject(new Error('fails')), { signal })
  t.is((await rejection(failing)).message, 'fails')
  later.open('retried')
  t.is(await retry, 'retried')
})

test('isBroken aborts the signal of the task that has failed: it is settled once, and its worker goes on', async (t) => {
  const controller = new AbortController()
  const pool = Pool.create({
    size: 1,
    init: () => 1,
    isBroken: () => {
      controller.abort()
      return true
    },
  })
  const failing = pool.submit(() => Promise.reject(new Error('fails')), { signal: controller.signal })
  t.is((await rejection(failing)).name, 'AbortError')
  t.is(await pool.submit(() => 'next'), 'next')
  t.is(pool.stats().cancelled, 1)
  await pool.close()
})

test('the name of a closure is read only once its task has settled', async (t) => {
  const controller = new AbortController()
  const { signal } = controller
  const told: unknown[] = []
  const later = gate<string>()
  let fresh: Promise<string> | undefined
  const pool = Pool.create({ size: 1, panicHandler: (error) => void told.push(error) })
  const busy = gate()
  const occupant = pool.submit(() => busy.promise)
  const closure = () => t.fail('it ran')
  Object.defineProperty(closure, 'name', {
    get: () => {
      pool.tune(2)
      fresh ??= pool.submit(() => later.promise)
      controller.abort()
      return 'named'
    },
  })
  pool.execute(closure, { signal })
  const reason = new Error('changed my mind')
  controller.abort(reason)
  busy.open()
  later.open('fresh')
  t.is(await fresh, 'fresh')
  await occupant
  await pool.drain()
  t.deepEqual(told, [reason])
})

// ── threads ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('an abort that finds members of its signal settled meanwhile leaves them alone', async (t) => {
  const pool = threads(t, { filename, size: 2, concurrency: 2, grace: 1 })
  await Promise.all([pool.run(0), pool.run(0)])
  const free = Pool.create()
  const controller = new AbortController()
  const { signal } = controller
  const array = cells()
  const first = pool.run(array, { name: 'never', signal })
  await begun(array)
  const quick = pool.run(1)
  const late = pool.run(60, { name: 'spinsFor', signal })
  const both = quick.then(() => {
    // The other one has ended by now, and this isolate has not looked.
    block(150)
    controller.abort()
  })
  block(30)
  // Which has this isolate look, and it stops as soon as it has found an end.
  void free.vacancy()
  await both
  t.is((await rejection(first)).name, 'AbortError')
  const [{ status }] = await Promise.allSettled([late])
  t.is(pool.stats().cancelled, status === 'fulfilled' ? 1 : 2)
  t.is(pool.stats().unsettled, 0)
})

test.serial('a panicHandler that runs a task again while others end: each settles with what is its own', async (t) => {
  let pool: ThreadPool<Functions> = undefined!
  const retries: Promise<unknown>[] = []
  const pools = threads(t, {
    size: 1,
    concurrency: 9,
    panicHandler: (_, { name }) => void (name === 'fail' && retries.push(pool.run(retries.length, { name: 'echo' }))),
  })
  pool = pools
  await pool.run(0)
  // As long as there is one, numbers are not given in the order of the tasks.
  const other = new AbortController()
  const pending = pool.run(undefined, { name: 'pending', signal: other.signal })
  for (let round = 0; round < 5; round++) {
    retries.length = 0
    const failing = Array.from({ length: 8 }, (_, i) => pool.run(String(i), { name: 'fail' }))
    // They all end in one batch.
    block(60)
    const errors = await Promise.all(failing.map(rejection))
    t.deepEqual(
      errors.map(({ message }) => message),
      ['0', '1', '2', '3', '4', '5', '6', '7'],
    )
    t.deepEqual(await within(Promise.all(retries), 'a retry does not settle'), [0, 1, 2, 3, 4, 5, 6, 7])
  }
  other.abort()
  await rejection(pending)
})

test.serial('a panicHandler that aborts tasks whose ends are in the same batch changes nothing for them', async (t) => {
  const controller = new AbortController()
  const pool = threads(t, { size: 1, concurrency: 8, panicHandler: () => controller.abort() })
  await pool.run(0)
  const failing = pool.run('first', { name: 'fail' })
  const others = Array.from({ length: 6 }, (_, i) => pool.run(i, { signal: controller.signal }))
  block(100)
  t.is((await rejection(failing)).message, 'first')
  t.deepEqual(await Promise.all(others), [0, 1, 2, 3, 4, 5])
  const { unsettled, cancelled, completed } = pool.stats()
  t.deepEqual({ unsettled, cancelled, completed }, { unsettled: 0, cancelled: 0, completed: 7 })
})

/** Shared memory goes by a message port only. */
const portOnly = (key: string, value: number) =>
  new Map<string, unknown>([
    [key, value],
    ['shared', new SharedArrayBuffer(8)],
  ])

/** Keeps this isolate from hearing of anything until the pool has so few busy threads. */
function blockUntilBusy(pool: ThreadPool<Functions>, count: number): void {
  const deadline = performance.now() + 5_000
  while (pool.busy > count && performance.now() < deadline);
}

test.serial('an argument that is asked for too late is not that of the next task of its number', async (t) => {
  const array = cells()
  const pool = threads(t, { filename, size: 2, grace: 5_000 })
  await Promise.all([
    pool.run(array, { name: 'held' }),
    pool.run(array, { name: 'held' }),
    begun(array, 2).then(() => open(array)),
  ])
  for (let i = 0; i < 5; i++) {
    const controller = new AbortController()
    const aborted = pool.run(portOnly('old', i), { signal: controller.signal })
    const held = pool.run(60, { name: 'spinsFor' })
    block(10)
    controller.abort()
    // The thread of the first one has been idle for longer now, so the other one is next, and this isolate has heard nothing.
    blockUntilBusy(pool, 0)
    const fresh = pool.run(portOnly('new', i))
    t.is((await rejection(aborted)).name, 'AbortError')
    t.is(((await within(fresh, 'the argument does not arrive')) as Map<string, unknown>).get('new'), i)
    await held
  }
})

/** Some time, which no clock could measure. */
function spin(most: number): void {
  for (let left = Math.floor(Math.random() * most); left > 0; left--);
}

// ── the argument of a task that is aborted as it begins ─────────────────────────────────────────────────────────────

test.serial('aborts beside the begin of tasks cost no thread, and no task of anybody else', async (t) => {
  const pool = threads(t, { size: 2, concurrency: 4, grace: 5_000 })
  await Promise.all([pool.run(0), pool.run(0)])
  const text = 'a string of more bytes than a number has'
  const wrong: unknown[] = []
  const end = performance.now() + 2_000
  const lane = async (): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const controller = new AbortController()
      const aborted = pool.run(text, { name: 'echo', signal: controller.signal }).then(
        (value) => value !== text && wrong.push(value),
        (error) => error.name !== 'AbortError' && wrong.push(error),
      )
      spin(4_000)
      controller.abort()
      const own = `${text} ${i}`
      const innocent = pool.run(own, { name: 'echo' }).then(
        (value) => value !== own && wrong.push(value),
        (error) => wrong.push(error),
      )
      await within(Promise.all([aborted, innocent]), 'a task does not settle')
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
  t.deepEqual(wrong, [])
  t.is(pool.stats().workers.crashed, 0)
})

test.serial('a timeout beside the begin of tasks costs no thread', async (t) => {
  const pool = threads(t, { size: 1, concurrency: 4, grace: 5_000 })
  await pool.run(0)
  const text = 'a string of more bytes than a number has'
  const wrong: unknown[] = []
  for (let i = 0; i < 50; i++) {
    const timed = Array.from({ length: 8 }, () =>
      pool.run(text, { name: 'echo', timeout: 1 }).then(
        (value) => value !== text && wrong.push(value),
        (error) => error.code !== 'ERR_POOL_TASK_TIMEOUT' && wrong.push(error),
      ),
    )
    await within(Promise.all(timed), 'a task does not settle')
  }
  t.deepEqual(wrong, [])
  t.is(pool.stats().workers.crashed, 0)
})
