// Scheduling of several pools behind one face (design/scheduling.md): limits hold per pool, verbs act on all.
import test from 'ava'
import { MultiPool, Pool, PoolOverloadError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection, until } from '../support/until.js'

test('perKey, weights and the rate hold in each pool', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 4, perKey: 1, nonblocking: true })
  const end = gate()
  const tasks = [multi.submit(() => end.promise, { key: 'a' }), multi.submit(() => end.promise, { key: 'a' })]
  t.deepEqual([multi.at(0).busy, multi.at(1).busy], [1, 1])
  t.is((await rejection(multi.submit(() => t.fail('it ran'), { key: 'a' }))).reason, 'key')
  tasks.push(multi.submit(() => end.promise, { weight: 3 }))
  t.is(multi.busy, 5)
  end.open()
  await Promise.all(tasks)

  const rated = MultiPool.create({ pools: 3, rate: { limit: 1, interval: 60_000 }, nonblocking: true })
  await Promise.all([1, 2, 3].map((each) => rated.submit(() => each)))
  t.deepEqual(
    [0, 1, 2].map((index) => rated.at(index).stats().completed),
    [1, 1, 1],
  )
  t.is((await rejection(rated.submit(() => t.fail('it ran')))).reason, 'rate')
})

test('an overload tells what all pools said alike, and the least retryAfter', async (t) => {
  const slow = Pool.create({ rate: { limit: 1, interval: 60_000 }, nonblocking: true })
  const slower = Pool.create({ rate: { limit: 1, interval: 600_000 }, nonblocking: true })
  const multi = MultiPool.of([slower, slow])
  await multi.submit(() => 0)
  await multi.submit(() => 0)
  const error: PoolOverloadError = await rejection(multi.submit(() => t.fail('it ran')))
  t.true(error instanceof PoolOverloadError)
  t.like(error, { reason: 'rate', waiting: 0, capacity: 512 })
  t.true(error.retryAfter! > 0 && error.retryAfter! <= 60_000, String(error.retryAfter))
  t.false(multi.tryExecute(() => t.fail('it ran')))
  t.is(t.throws(() => multi.execute(() => t.fail('it ran')), { instanceOf: PoolOverloadError })!.reason, 'rate')
  t.like(multi.stats().rejected, { rate: 3, overload: 0 })
  t.is(slow.stats().rejected.rate + slower.stats().rejected.rate, 0, 'each is counted once')
})

test('if the pools have different reasons, it is an overload; closed pools have none', async (t) => {
  const rated = Pool.create({ rate: { limit: 1, interval: 60_000 }, nonblocking: true })
  await rated.submit(() => 0)
  const full = Pool.create({ size: 1, nonblocking: true })
  const { finish } = occupy(full, 1)
  const multi = MultiPool.of([rated, full])
  const error: PoolOverloadError = await rejection(multi.submit(() => t.fail('it ran')))
  t.is(error.reason, 'overload')
  t.true(error.retryAfter! <= 60_000)
  full.release()
  t.is((await rejection(multi.submit(() => t.fail('it ran')))).reason, 'rate')
  t.like(multi.stats().rejected, { overload: 1, rate: 1, closed: 0 })
  rated.release()
  t.is((await rejection(multi.submit(() => t.fail('it ran')))).code, 'ERR_POOL_CLOSED')
  await finish()
})

test('pause, resume and clear act on all; it is paused if all are that are not closed', async (t) => {
  const multi = MultiPool.create({ pools: 3, size: 1 })
  multi.at(2).release()
  multi.pause()
  t.deepEqual(
    [0, 1, 2].map((index) => multi.at(index).isPaused),
    [true, true, false],
  )
  t.true(multi.isPaused)
  t.true(multi.stats().isPaused)
  const waiting = [1, 2, 3, 4].map(() => rejection(multi.submit(() => t.fail('it ran'))))
  t.is(multi.waiting, 4)
  t.is(multi.clear(), 4)
  for (const { code } of await Promise.all(waiting)) t.is(code, 'ERR_POOL_CLEARED')
  t.is(multi.stats().rejected.cleared, 4)
  multi.at(0).resume()
  t.false(multi.isPaused)
  t.false(multi.stats().isPaused)
  multi.resume()
  t.is(await multi.submit(() => 'again'), 'again')
})

test('a task that one pool cannot start goes to another one that is not paused', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  multi.at(0).pause()
  t.deepEqual(await Promise.all([1, 2, 3].map((each) => multi.submit(() => each))), [1, 2, 3])
  t.is(multi.at(1).stats().completed, 3)
})

test('a map over several pools keeps to the key, and so does a vacancy to a pause', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 4, perKey: 1 })
  let [running, most] = [0, 0]
  const task = async (item: number): Promise<number> => {
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running--
    return item
  }
  const results: number[] = []
  for await (const result of multi.map([1, 2, 3, 4, 5, 6], task, { key: 'a' })) results.push(result)
  t.deepEqual(results, [1, 2, 3, 4, 5, 6])
  t.true(most <= 2)
  multi.pause()
  let isVacant = false
  const vacancy = multi.vacancy().then(() => (isVacant = true))
  await new Promise(setImmediate)
  t.false(isVacant)
  multi.at(1).resume()
  await vacancy
  await until(() => multi.waiting === 0, 'nothing waits')
})
