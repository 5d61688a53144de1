// map with weights, keys and priorities, and what it does with items that are turned away (design/scheduling.md).
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClearedError } from 'workpool'

import { counted } from '../support/counted.js'
import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}
const numbers = (length: number): number[] => Array.from({ length }, (_, i) => i)

test('its tasks have the key: perKey holds for them, and nothing is pulled that could not start', async (t) => {
  const pool = Pool.create({ size: 10, perKey: 2 })
  const source = counted(20, turn)
  let [running, most] = [0, 0]
  const task = async (item: number): Promise<number> => {
    most = Math.max(most, ++running)
    t.true(source.pulled <= item + 4, `${source.pulled} pulled when ${item} starts`)
    await delay(3)
    running--
    return item
  }
  t.deepEqual(await collect(pool.map(source, task, { key: 'a' })), numbers(20))
  t.is(most, 2)
  t.is(pool.stats().waited, 0)
})

test('its tasks have the weight', async (t) => {
  const pool = Pool.create({ size: 5 })
  let [running, most] = [0, 0]
  const task = async (item: number): Promise<number> => {
    most = Math.max(most, ++running)
    await turn()
    running--
    return item
  }
  t.deepEqual(await collect(pool.map(numbers(12), task, { weight: 2 })), numbers(12))
  t.is(most, 2)
  t.is(pool.stats().peakBusy, 4)
})

test('in the background it leaves half of the pool to others, and ends all the same', async (t) => {
  const pool = Pool.create({ size: 4 })
  let [running, most] = [0, 0]
  const task = async (item: number): Promise<number> => {
    most = Math.max(most, ++running)
    await turn()
    running--
    return item
  }
  t.deepEqual(await collect(pool.map(numbers(12), task, { priority: 'background' })), numbers(12))
  t.is(most, 2)
})

test('items that are displaced are submitted again, and keep their place in the order', async (t) => {
  const pool = Pool.create({ size: 2, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const results = pool.map(counted(8, turn), (item) => delay(1, item))
  const all = collect(results)
  // Others who submit without asking are faster now and then.
  for (let i = 0; i < 200 && pool.stats().rejected.displaced < 3; i++) {
    void pool.submit(() => turn()).catch(() => {})
    await turn()
  }
  t.deepEqual(await all, numbers(8))
})

test('items that are shed are submitted again', async (t) => {
  const pool = Pool.create({ size: 1, shed: { target: 1, interval: 1 } })
  const { gates, finish } = occupy(pool, 1)
  // Two maps each find the pool free, and only one can have the worker.
  const taken = gate()
  async function* slow() {
    await taken.promise
    yield* [1, 2, 3]
  }
  gates[0]!.open()
  await turn()
  const [one, other] = [slow(), slow()].map((source) => collect(pool.map(source, (item) => delay(3, item))))
  await turn()
  taken.open()
  t.deepEqual(await Promise.all([one, other]), [
    [1, 2, 3],
    [1, 2, 3],
  ])
  await finish()
})

test('in a pause it takes nothing, and a cleared item ends it', async (t) => {
  const pool = Pool.create({ size: 1 })
  const source = counted()
  const reached = gate()
  const results = pool.map(source, () => 'result')
  pool.pause()
  const first = results.next()
  await turn()
  t.is(source.pulled, 0)
  pool.resume()
  t.deepEqual(await first, { value: 'result', done: false })
  await results.return!()

  async function* paused() {
    pool.pause()
    reached.open()
    yield 1
  }
  const failing = rejection(collect(pool.map(paused(), () => t.fail('it ran'))))
  await reached.promise
  await turn()
  t.is(pool.clear(), 1)
  t.true((await failing) instanceof PoolClearedError)
  pool.resume()
})
