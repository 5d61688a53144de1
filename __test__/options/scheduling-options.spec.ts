// Options of scheduling: what is bad is an error at once that names option, value and what is allowed.
import test from 'ava'
import { MultiPool, Pool, type PoolOptions } from 'workpool'

import { rejection } from '../support/until.js'
import { threads } from '../support/threads.js'

const code = 'ERR_POOL_OPTION'

test('what is right is accepted, up to the limits', async (t) => {
  const good: PoolOptions[] = [
    { overload: 'reject', shed: false, rate: false, perKey: Infinity, maxBlockingPerKey: 0 },
    { overload: undefined, shed: undefined, rate: undefined, perKey: undefined, ageing: undefined },
    { overload: 'discard-oldest', maxBlockingTasks: 1 },
    { shed: { target: 0.1, interval: 2 ** 31 - 1 } },
    { rate: { limit: 1, interval: 0.1 } },
    { rate: { limit: 65_536, interval: 2 ** 31 - 1 }, perKey: 2 ** 31 - 1, maxBlockingPerKey: 2 ** 31 - 1 },
    { ageing: 0.5, perKey: Infinity, maxBlockingPerKey: 0 },
  ]
  for (const options of good) t.is(await Pool.create(options).submit(() => 5), 5)
})

test('weight is refused in pools with init, alone and in a MultiPool', async (t) => {
  const withInit = Pool.create({ init: () => 'resource' })
  const several = MultiPool.create({ pools: 2, init: () => 'resource' }) as unknown as typeof withInit
  for (const pool of [withInit, several]) {
    const task = (): void => t.fail('it ran')
    const message = /^weight is not possible in a pool with init/
    t.regex((await rejection(pool.submit(task, { weight: 1 }))).message, message)
    t.throws(() => pool.execute(task, { weight: 2 }), { code, message })
    t.throws(() => pool.tryExecute(task, { weight: 2 }), { code, message })
    t.throws(() => pool.map([1], task, { weight: 2 }), { code, message })
    t.is(pool.stats().submitted, 0)
  }
  const mixed = MultiPool.of([Pool.create(), withInit as Pool<any>])
  t.throws(() => mixed.execute(() => t.fail('it ran'), { weight: 2 }), { code })
})

test('weight is refused in threads', async (t) => {
  const pool = threads(t, { size: 1 })
  const given = { weight: 2 } as never
  const message = /^weight is not possible in threads/
  t.regex((await rejection(pool.run(1, given))).message, message)
  t.throws(() => pool.with(given), { code, message })
  t.throws(() => pool.map([], given), { code, message })
  t.throws(() => pool.runSync(1, given), { code, message })
  t.is(pool.stats().submitted, 0)
})

test('key is refused in a pool with ageing, by every way of submitting', async (t) => {
  const message = /^key is not possible in a pool with ageing/
  const pool = Pool.create({ ageing: 5 })
  const task = (): void => t.fail('it ran')
  t.regex((await rejection(pool.submit(task, { key: 'a' }))).message, message)
  t.throws(() => pool.execute(task, { key: 'a' }), { code, message })
  t.throws(() => pool.tryExecute(task, { key: 'a' }), { code, message })
  t.throws(() => pool.map([1], task, { key: 'a' }), { code, message })
  const aborted = AbortSignal.abort(new Error('enough'))
  t.regex((await rejection(pool.submit(task, { key: 'a', signal: aborted }))).message, message, 'arguments come first')
  const inThreads = threads(t, { size: 1, ageing: 5 })
  t.regex((await rejection(inThreads.run(1, { key: 'a' }))).message, message)
  t.throws(() => inThreads.with({ key: 'a' }), { code, message })
  t.throws(() => inThreads.map([], { key: 'a' }), { code, message })
  t.throws(() => inThreads.runSync(1, { key: 'a' }), { code, message })
  t.is(pool.stats().submitted + inThreads.stats().submitted, 0)
})

const peers: [option: string, ours: string][] = [
  // p-queue, p-throttle, bottleneck
  ['interval', 'rate'],
  ['intervalCap', 'rate'],
  ['minTime', 'rate'],
  ['reservoir', 'rate'],
  ['reservoirRefreshInterval', 'rate'],
  ['rateLimit', 'rate'],
  ['perKeyLimit', 'perKey'],
  ['aging', 'ageing'],
  ['codel', 'shed'],
  ['maxBlockingPerkey', 'maxBlockingPerKey'],
  ['overlod', 'overload'],
]
for (const [option, ours] of peers) {
  test(`"${option}" is answered with "${ours}"`, (t) => {
    t.throws(() => Pool.create({ [option]: 5 } as never), { code, message: new RegExp(`did you mean ${ours}\\?`) })
  })
}

test('options of shared pools are compared with those at creation, whatever configure has changed', async (t) => {
  const name = 'shared scheduling options'
  const rate = { limit: 5, interval: 1_000 }
  const pool = Pool.create({ name, shared: true, rate, perKey: 2, maxBlockingTasks: 5, overload: 'discard-oldest' })
  pool.configure({ rate: false, perKey: 3, overload: 'reject' })
  const again = (options: PoolOptions): Pool<void> => Pool.create({ name, shared: true, ...options })
  const others = [again({}), again({ rate: { ...rate } }), again({ perKey: 2, maxBlockingTasks: 5 })]
  t.throws(() => again({ rate: false }), {
    code,
    message: /^rate is false, but the shared pool .* was made with rate \{/,
  })
  t.throws(() => again({ perKey: 3 }), { code, message: /^perKey is 3, but the shared pool .* was made with perKey 2/ })
  t.throws(() => again({ shed: { target: 1, interval: 1 } }), { code, message: /^shed is .* made with shed false/ })
  t.throws(() => again({ ageing: 5 }), { code, message: /^ageing is 5, .* made with ageing undefined/ })
  t.throws(() => again({ maxBlockingPerKey: 1 }), { code, message: /made with maxBlockingPerKey 0/ })
  for (const other of others) t.is(await other.submit(() => 5), 5)
  await pool.close()
})

test('a handle of a shared pool that was not given its ageing knows of it', async (t) => {
  const name = 'shared with ageing'
  const pool = Pool.create({ name, shared: true, ageing: 5 })
  const other = Pool.create({ name, shared: true })
  t.regex((await rejection(other.submit(() => 0, { key: 'a' }))).message, /^key is not possible in a pool with ageing/)
  t.throws(() => other.configure({ perKey: 1 }), { code, message: /perKey is not possible with ageing/ })
  await pool.close()
})
