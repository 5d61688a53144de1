// Scheduling of threads (design/scheduling.md).
import test from 'ava'
import { PoolOverloadError } from 'workpool'

import { child } from '../support/child.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const cells = (): Int32Array => new Int32Array(new SharedArrayBuffer(8))
const begun = (of: Int32Array, count = 1) => until(() => Atomics.load(of, 0) === count, 'it has begun')
function open(of: Int32Array): void {
  Atomics.store(of, 1, 1)
  Atomics.notify(of, 1)
}

test('the thread that last ran a key runs its next task, if it is free; otherwise any other does', async (t) => {
  const pool = threads(t, { size: 3, preAlloc: true })
  const threadOf = (key: string) => pool.run(undefined, { name: 'thread', key })
  await until(() => pool.idle === 3, 'all threads are there')
  const keys = ['a', 'b', 'c']
  // At the same time, so that each key has a thread of its own at first.
  const held = keys.map(() => cells())
  const holding = keys.map((key, i) => pool.run(held[i], { name: 'gatedAsync', key }))
  for (const of of held) await begun(of)
  held.forEach(open)
  await Promise.all(holding)
  const own = [await threadOf('a'), await threadOf('b'), await threadOf('c')]
  t.is(new Set(own).size, 3)
  for (let i = 0; i < 30; i++) t.is(await threadOf(keys[i % 3]!), own[i % 3])

  const busy = cells()
  const task = pool.run(busy, { name: 'gated', key: 'a' })
  await begun(busy)
  t.not(await threadOf('a'), own[0], 'its thread has something else to do')
  open(busy)
  await task
})

test('perKey holds for threads, whatever way the argument takes', async (t) => {
  const pool = threads(t, { size: 3, perKey: 1, nonblocking: true })
  const held = cells()
  const task = pool.run(held, { name: 'gatedAsync', key: 'a' })
  await begun(held)
  const moved = new ArrayBuffer(8)
  const { signal } = new AbortController()
  for (const refused of [
    pool.run(1, { key: 'a' }),
    pool.run(moved, { key: 'a', transfer: [moved] }),
    pool.run(1, { key: 'a', signal }),
    pool.run(new Map([[1, new SharedArrayBuffer(1)]]), { key: 'a' }),
  ]) {
    const error: PoolOverloadError = await rejection(refused)
    t.like(error, { reason: 'key', capacity: 3 })
  }
  t.is(moved.byteLength, 8, 'a refused task moves nothing')
  t.is(await pool.run(1, { key: 'b' }), 1)
  t.is(await pool.with({ key: 'c' }).tasks.echo!(2), 2)
  open(held)
  await task
  t.is(await pool.run(3, { key: 'a' }), 3)
  t.is(pool.stats().rejected.key, 4)
})

test('a pause holds for threads; runSync says so at once, as nobody could resume meanwhile', async (t) => {
  const pool = threads(t, { size: 1 })
  await pool.ready()
  pool.pause()
  const waiting = pool.run('waited')
  const error = t.throws(() => pool.runSync(1), { instanceOf: PoolOverloadError })!
  t.like(error, { reason: 'paused', waiting: 1, capacity: 1 })
  t.is(pool.stats().rejected.paused, 1)
  t.is(pool.waiting, 1)
  pool.resume()
  t.is(await waiting, 'waited')
  t.is(pool.runSync(5), 5)
})

test('in a pause a thread begins what it has been given before', async (t) => {
  const pool = threads(t, { size: 1, concurrency: 2 })
  const held = cells()
  const task = pool.run(held, { name: 'gated' })
  await begun(held)
  // The thread looks at nothing else by now, but has a place for another one.
  const given = pool.run('given')
  const waiting = pool.run('waited')
  t.is(pool.waiting, 1)
  pool.pause()
  open(held)
  await task
  t.is(await given, 'given')
  t.is(pool.waiting, 1)
  pool.resume()
  t.is(await waiting, 'waited')
})

test('destroy ends a pause, and so does the end of what waits', async (t) => {
  const pool = threads(t, { size: 1 })
  pool.pause()
  const waiting = rejection(pool.run(1))
  await pool.destroy()
  t.is((await waiting).code, 'ERR_POOL_CLOSED')
  t.false(pool.isPaused)
})

test('the rate and the background hold for threads', async (t) => {
  const pool = threads(t, { size: 4, rate: { limit: 3, interval: 60_000 }, nonblocking: true })
  t.deepEqual(await Promise.all([1, 2].map((each) => pool.run(each))), [1, 2])
  t.is(await pool.run(3, { priority: 'background' }), 3)
  const error: PoolOverloadError = await rejection(pool.run(4))
  t.is(error.reason, 'rate')
  t.true(error.retryAfter! > 0)
})

test('what was cleared or displaced gives its argument up', async (t) => {
  const pool = threads(t, { size: 1, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const held = cells()
  const task = pool.run(held, { name: 'gatedAsync' })
  await begun(held)
  const displaced = rejection(pool.run(new Uint8Array(100)))
  const cleared = rejection(pool.run(new Uint8Array(100)))
  t.is((await displaced).reason, 'displaced')
  t.is(pool.clear(), 1)
  t.is((await cleared).code, 'ERR_POOL_CLEARED')
  open(held)
  await task
  t.is(await pool.run('next'), 'next')
})

test('the natural end of the process waits for resume', async (t) => {
  const { code, stdout } = await child('paused-end')
  t.is(stdout, 'resumed\nran\n')
  t.is(code, 0)
})
