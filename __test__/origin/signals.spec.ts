import { getEventListeners } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'
import { MultiPool, Pool, ThreadPool } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { gate, occupy } from '../support/gate.js'
import { threads } from '../support/threads.js'
import { rejection } from '../support/until.js'

const { AbortController: Polyfill } = createRequire(join(process.cwd(), 'package.json'))('abort-controller') as {
  AbortController: new () => AbortController
}
const isAbortError = (error: unknown) => error instanceof DOMException && error.name === 'AbortError'

function isWhole(t: ExecutionContext, pool: Pool | ThreadPool, submitted: number) {
  const stats = pool.stats()
  t.deepEqual(contradictions(stats), [])
  t.is(stats.submitted, submitted)
  t.deepEqual([stats.busy, stats.waiting, stats.unsettled], [0, 0, 0])
}

/** A signal of somebody else's, with whatever is given in the place of its own. */
function foreign(own: PropertyDescriptorMap = {}): { signal: AbortSignal; abort(): void; listeners: Set<() => void> } {
  const listeners = new Set<() => void>()
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener: (_: string, listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => void listeners.delete(listener),
  }
  const abort = () => {
    signal.aborted = true
    for (const listener of listeners) listener()
  }
  return { signal: Object.defineProperties(signal, own) as unknown as AbortSignal, abort, listeners }
}
const throws = (what: string) => () => {
  throw new Error(what)
}

test('a signal without a reason aborts with an AbortError, everywhere', async (t) => {
  const { signal, abort } = new (class {
    controller = new Polyfill()
    signal = this.controller.signal
    abort = () => this.controller.abort()
  })()
  const pool = Pool.create({ size: 1 })
  const thread = threads(t, { size: 1 })
  const { finish } = occupy(pool, 1)
  const task = pool.submit(() => t.fail('it ran'), { signal })
  const seen = gate<unknown>()
  const other = Pool.create({ size: 1 })
  const running = other.submit(
    (context) =>
      new Promise((resolve) =>
        context.signal.addEventListener('abort', () => {
          seen.open(context.signal.reason)
          resolve(1)
        }),
      ),
    { signal },
  )
  const vacancy = pool.vacancy({ signal })
  const mapped = pool.map([1], (item) => item, { signal }).next()
  const inThread = thread.run([], { name: 'spin', signal, transfer: [] }) as Promise<unknown>
  const multi = MultiPool.of([pool]).vacancy({ signal })
  abort()
  const errors = [await rejection(task), await rejection(running), await seen.promise]
  errors.push(await rejection(vacancy), await rejection(mapped), await rejection(inThread), await rejection(multi))
  t.true(errors.every(isAbortError), errors.map(String).join())
  t.true(isAbortError(await rejection(pool.submit(() => 1, { signal }))))
  t.true(isAbortError(t.throws(() => pool.execute(() => {}, { signal }), { any: true })))
  await finish()
  await other.drain()
})

const BROKEN: Record<string, PropertyDescriptorMap> = {
  'cannot be listened to': { addEventListener: { value: throws('broken') } },
  'cannot be asked': { aborted: { get: throws('broken') } },
}
for (const [what, own] of Object.entries(BROKEN)) {
  test(`a call with a signal that ${what} fails with what it throws, and nothing is lost`, async (t) => {
    const { signal } = foreign(own)
    const broken = { message: 'broken' }
    const pool = Pool.create({ size: 1 })
    t.throws(() => Pool.create({ signal }), broken)
    t.throws(() => Pool.create({ signal, init: () => 1 }), broken)
    t.throws(() => MultiPool.create({ signal, pools: 2 }), broken)
    await t.throwsAsync(
      pool.submit(() => t.fail('it ran'), { signal }),
      broken,
    )
    t.throws(() => pool.execute(() => t.fail('it ran'), { signal }), broken)
    t.throws(() => pool.tryExecute(() => t.fail('it ran'), { signal }), broken)
    const { finish } = occupy(pool, 1)
    await t.throwsAsync(
      pool.submit(() => t.fail('it ran'), { signal }),
      broken,
    )
    t.is(pool.waiting, 0)
    await t.throwsAsync(pool.vacancy({ signal }), broken)
    await t.throwsAsync(MultiPool.of([pool]).vacancy({ signal }), broken)
    await t.throwsAsync(async () => pool.map([1], () => t.fail('it ran'), { signal }).next(), broken)
    await t.throwsAsync(pool.close({ signal }), broken)
    t.false(pool.isClosed)
    await finish()
    t.is(await pool.submit(() => 'whole'), 'whole')
    t.is(pool.stats().busy, 0)
    t.deepEqual(contradictions(pool.stats()), [])
    t.is(pool.stats().unsettled, 0)
    await pool.close()

    const thread = threads(t, { size: 1 })
    const buffer = new ArrayBuffer(8)
    await t.throwsAsync(thread.run(buffer, { signal, transfer: [buffer] }) as Promise<unknown>, broken)
    t.is(buffer.byteLength, 8)
    await t.throwsAsync(async () => thread.with({ signal }).tasks.echo!(1), broken)
    t.throws(() => thread.runSync(1, { signal }), broken)
    t.is(await thread.run(1), 1)
  })
}

test('a signal that cannot be asked for its reason aborts with what that throws', async (t) => {
  const { signal, abort } = foreign({ reason: { get: throws('no reason') } })
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const task = pool.submit(() => t.fail('it ran'), { signal })
  abort()
  await t.throwsAsync(task, { message: 'no reason' })
  await finish()
})

for (const [what, own] of Object.entries({
  'has no removeEventListener': { removeEventListener: { value: undefined } },
  'does not let go of listeners': { removeEventListener: { value: throws('never') } },
})) {
  test(`a signal that ${what} works, and is listened to once`, async (t) => {
    const { signal, abort, listeners } = foreign(own)
    const pool = Pool.create({ size: 1 })
    for (let i = 0; i < 20; i++) t.is(await pool.submit(() => i, { signal }), i)
    for (let i = 0; i < 20; i++) await pool.vacancy({ signal })
    t.is(listeners.size, 1)
    const { finish } = occupy(pool, 1)
    const task = pool.submit(() => t.fail('it ran'), { signal })
    abort()
    t.true(isAbortError(await rejection(task)))
    await finish()
    isWhole(t, pool, 22)
  })
}

test('however many listen to a signal, there is one listener, and none when they have done', async (t) => {
  const controller = new AbortController()
  const { signal } = controller
  const listeners = () => getEventListeners(signal, 'abort').length
  const pools = Array.from({ length: 20 }, () => Pool.create({ size: 1 }))
  const [first] = pools as [Pool]
  const occupants = pools.map((pool) => occupy(pool, 1))
  const maps = pools.map((pool) => pool.map([1], (item) => item, { signal }))
  const waits = [
    ...maps.map((map) => map.next()),
    ...pools.map((pool) => pool.submit(() => 1, { signal })),
    ...pools.map((pool) => pool.vacancy({ signal })),
    ...pools.map((pool) => MultiPool.of([pool, first === pool ? pools[1]! : first]).vacancy({ signal })),
    ...pools.slice(1).map((pool) => pool.close({ signal })),
  ]
  t.is(listeners(), 1)
  for (const { finish } of occupants) void finish()
  await Promise.allSettled(waits)
  await Promise.all(maps.map((map) => map.return!()))
  t.is(listeners(), 0)

  const owned = Array.from({ length: 20 }, () => Pool.create({ signal }))
  t.is(listeners(), 1)
  controller.abort()
  t.true(owned.every(({ isClosed }) => isClosed))
  t.is(listeners(), 0)
})

test('a signal that aborts while the argument is encoded is heeded: nothing is admitted, nothing is moved', async (t) => {
  const pool = threads(t, { size: 1 })
  await pool.ready()
  const reason = new Error('changed my mind')
  for (const extra of [{}, { map: new Map() }]) {
    const controller = new AbortController()
    const argument = {
      get value() {
        controller.abort(reason)
        return 1
      },
      ...extra,
    }
    t.is(await rejection(pool.run(argument, { signal: controller.signal }) as Promise<unknown>), reason)
  }
  t.is(pool.stats().submitted, 0)
  t.is(await pool.run(1), 1)
})
