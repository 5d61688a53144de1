// Very many tasks that settle at once, or very many who wait for the same: the event loop has its turn meanwhile, and nobody else pays.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { Pool, PoolClosedError, TaskTimeoutError, ThreadPool, WaitTimeoutError } from 'workpool'

import { child } from '../support/child.js'
import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

/** So many that settling them takes several times as long as the event loop may wait. */
const CROWD = 100_000

/** Submits tasks that only wait; gives how many have rejected, and whether in the order of their submission. */
function crowd(pool: Pool, count: number, options?: Parameters<Pool['submit']>[1]) {
  const seen = { rejected: 0, isInOrder: true, error: undefined as unknown }
  for (let i = 0; i < count; i++) {
    pool
      .submit(() => {}, options)
      .catch((error: unknown) => {
        seen.isInOrder &&= seen.rejected === i
        seen.error = error
        seen.rejected++
      })
  }
  return seen
}

/** Counts the turns of the event loop until `isOver`. */
async function turnsUntil(isOver: () => boolean): Promise<number> {
  let turns = 0
  while (!isOver()) {
    await new Promise(setImmediate)
    turns++
  }
  return turns
}

for (const verb of ['release', 'reboot'] as const) {
  test.serial(
    `${verb} with very many waiting tasks lets the event loop turn while they reject, in their order`,
    async (t) => {
      const pool = Pool.create({ size: 1 })
      const { finish } = occupy(pool, 1)
      const seen = crowd(pool, CROWD)
      const closed = verb === 'reboot' ? pool.close() : undefined
      pool[verb]()
      const turns = await turnsUntil(() => seen.rejected === CROWD)
      t.true(turns > 3, `${turns} turns`)
      t.true(seen.isInOrder)
      t.true(seen.error instanceof PoolClosedError)
      t.is(pool.stats().rejected.released, CROWD)
      await finish()
      await closed
    },
  )
}

test.serial('a release with few waiting tasks rejects them before the event loop turns', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const seen = crowd(pool, 200)
  pool.release()
  t.is(await turnsUntil(() => seen.rejected === 200), 1)
  await finish()
})

test.serial('very many waitTimeouts that are over at once let the event loop turn while they reject', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const seen = crowd(pool, CROWD, { waitTimeout: 1 })
  const turns = await turnsUntil(() => seen.rejected === CROWD)
  t.true(turns > 3, `${turns} turns`)
  t.true(seen.error instanceof WaitTimeoutError)
  t.is(pool.stats().rejected.waitTimeout, CROWD)
  await finish()
})

test.serial('what is submitted while very many tasks reject does not wait for them', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const seen = crowd(pool, CROWD)
  pool.release()
  pool.reboot()
  // The worker of the old generation does not count.
  t.is(await pool.submit(async () => 'result'), 'result')
  t.true(seen.rejected < CROWD)
  const [held, waits] = [gate(), gate()]
  void pool.submit(() => held.promise)
  const waiting = pool.submit(() => waits.promise)
  pool.tune(2)
  waits.open()
  await waiting
  held.open()
  await turnsUntil(() => seen.rejected === CROWD)
  await finish()
  await pool.close()
})

test.serial('runSync gets its result while very many tasks of another pool reject', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const threads = ThreadPool.create({ filename: join(process.cwd(), '__test__/fixtures/tasks.cjs'), size: 1 })
  await threads.ready()
  const seen = crowd(pool, CROWD)
  pool.release()
  t.is(threads.runSync(21, { name: 'double' }), 42)
  await turnsUntil(() => seen.rejected === CROWD)
  await finish()
  await threads.close()
})

test.serial('a thread in which very many tasks reject gets its turn, and then its next tasks', async (t) => {
  const filename = pathToFileURL(join(process.cwd(), '__test__/fixtures/crowd-tasks.mjs'))
  const threads = ThreadPool.create({ filename, size: 1, concurrency: 2 })
  const turns = threads.run(CROWD, { name: 'release' })
  t.is(await threads.run(1, { name: 'echo' }), 1)
  t.true((await turns) > 3)
  t.is(await threads.run(2, { name: 'echo' }), 2)
  await threads.close()
})

test.serial(
  'an error of a task that settles behind its back names itself in its stack, and has no frames of ours',
  async (t) => {
    const pool = Pool.create({ size: 1 })
    const { finish } = occupy(pool, 1)
    const { stackTraceLimit } = Error
    const late = await rejection(pool.submit(() => {}, { waitTimeout: 1 }))
    t.true(late instanceof WaitTimeoutError)
    const waiting = rejection(pool.submit(() => {}))
    pool.release()
    const released = await waiting
    t.true(released instanceof PoolClosedError)
    await finish()
    pool.reboot()
    const timedOut = await rejection(pool.submit(() => new Promise(() => {}), { timeout: 1 }))
    t.true(timedOut instanceof TaskTimeoutError)
    for (const error of [late, released, timedOut]) t.is(error.stack, `${error.name}: ${error.message}`)
    t.is(Error.stackTraceLimit, stackTraceLimit)
    // Whoever calls wants to know where.
    pool.release()
    t.regex((await rejection(pool.submit(() => {}))).stack, /\n +at .*crowds\.spec/)
  },
)

for (const how of ['frozen', 'missing', 'Infinity']) {
  test.serial(`Error.stackTraceLimit, ${how}, is left as it was`, async (t) => {
    const { code, stdout, stderr } = await child('stack-limit', { args: [how] })
    t.is(stderr, '')
    t.is(stdout, 'PoolClosedError: the pool was released while the task waited (pool "pool-1")\nas it was\n')
    t.is(code, 0)
  })
}

/** What a submit takes at best, in µs: of several batches the fastest, as the others may have been interrupted. */
function submitTime(pool: Pool): number {
  const batches = Array.from({ length: 20 }, () => {
    const start = performance.now()
    for (let i = 0; i < 50; i++) void pool.submit(() => {})
    return (performance.now() - start) * 20
  })
  return Math.min(...batches)
}

test.serial('very many who drain cost a submit nothing', async (t) => {
  const times = []
  for (const count of [100, 100, 50_000]) {
    const pool = Pool.create({ size: 1 })
    const { finish } = occupy(pool, 1)
    const drained = Array.from({ length: count }, () => pool.drain())
    times.push(submitTime(pool))
    await finish()
    await Promise.all(drained)
  }
  // A look at each of them takes 50 times as long as all the rest.
  t.true(times[2]! < 10 * times[1]!, times.join(', '))
})

/** Occupies a pool, has very many others wait on one signal, and sees to it that each would run if it could. */
function crowdOnSignal(count: number) {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const { signal, abort } = aborter()
  const seen = { settled: 0, started: 0, isReason: true }
  for (let i = 0; i < count; i++) {
    pool
      .submit(() => void seen.started++, { signal })
      .catch((error: unknown) => (seen.isReason &&= error === signal.reason))
      .finally(() => seen.settled++)
  }
  return { pool, finish, abort, seen }
}

function aborter() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) }
}

test.serial('a signal of very many tasks that aborts lets the event loop turn while they reject', async (t) => {
  const { pool, finish, abort, seen } = crowdOnSignal(CROWD)
  abort()
  const turns = await turnsUntil(() => seen.settled === CROWD)
  t.true(turns > 3, `${turns} turns`)
  t.true(seen.isReason)
  t.is(pool.stats().cancelled, CROWD)
  await finish()
})

test.serial('none of very many tasks starts after their signal has aborted, though workers come free', async (t) => {
  const { pool, finish, abort, seen } = crowdOnSignal(CROWD)
  abort()
  pool.tune(1_000)
  await turnsUntil(() => seen.settled === CROWD)
  t.is(seen.started, 0)
  t.true(seen.isReason)
  t.is(pool.stats().cancelled, CROWD)
  await finish()
  await pool.drain()
})

test.serial('none of very many running tasks fulfils after their signal has aborted', async (t) => {
  const pool = Pool.create({ size: CROWD })
  const { signal, abort } = aborter()
  const held = gate()
  const seen = { fulfilled: 0, rejected: 0 }
  for (let i = 0; i < CROWD; i++) {
    pool
      .submit(() => held.promise, { signal })
      .then(
        () => seen.fulfilled++,
        () => seen.rejected++,
      )
  }
  abort()
  held.open()
  await turnsUntil(() => seen.fulfilled + seen.rejected === CROWD)
  t.deepEqual(seen, { fulfilled: 0, rejected: CROWD })
  await pool.drain()
})

test.serial(
  'a signal of very many who await a vacancy lets the event loop turn, and none of them gets one',
  async (t) => {
    const pool = Pool.create({ size: 1 })
    const { finish } = occupy(pool, 1)
    const { signal, abort } = aborter()
    const seen = { told: 0, rejected: 0 }
    for (let i = 0; i < CROWD; i++) {
      pool.vacancy({ signal }).then(
        () => seen.told++,
        () => seen.rejected++,
      )
    }
    abort()
    pool.tune(1_000)
    const turns = await turnsUntil(() => seen.told + seen.rejected === CROWD)
    t.true(turns > 1, `${turns} turns`)
    t.deepEqual(seen, { told: 0, rejected: CROWD })
    await finish()
  },
)

test.serial('very many tasks that one call lets start do so in slices, each once', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  // Those that the reaper starts come by the mailbox, while workers that end their tasks take the next ones at once.
  const seen = new Set<number>()
  let starts = 0
  for (let i = 0; i < CROWD; i++) {
    pool.execute(() => {
      seen.add(i)
      starts++
    })
  }
  pool.tune(CROWD)
  const within = starts
  await turnsUntil(() => seen.size === CROWD)
  await finish()
  t.true(within < CROWD / 10, `${within} within the call`)
  t.is(starts, CROWD)
})
