// Futures and groups (design/tasks.md) of guests: of other isolates that share a pool.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { Pool, PoolClosedError, ThreadPool } from 'workpool'

import { begun, cells, open } from '../support/cells.js'
import { gate } from '../support/gate.js'
import { Remote } from '../support/remote.js'
import { rejection, until, within } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'tasks.mjs')).href

test.serial('a guest moves its waiting future before the tasks of the others, and cancels it', async (t) => {
  const name = 'futures of guests'
  const pool = Pool.create({ name, shared: true, size: 1 })
  const stay = gate()
  const order = new Int32Array(new SharedArrayBuffer(12))
  const occupied = pool.submit(() => stay.promise)
  const own = pool.submit(() => (order[Atomics.add(order, 0, 1) + 1] = 1))
  const guest = await Remote.start()
  const states = await guest.run(
    async ({ Pool, kept }, name, order) => {
      const pool = Pool.create({ name, shared: true })
      const moved = (kept['moved'] = pool.future(() => (order[Atomics.add(order, 0, 1) + 1] = 2)))
      const cancelled = pool.future(() => 0)
      return [moved.state, moved.setPriority('high'), cancelled.cancel(), cancelled.state, cancelled.cancel()]
    },
    name,
    order,
  )
  t.deepEqual(states, ['waiting', true, true, 'cancelled', false])
  stay.open()
  await Promise.all([occupied, own])
  t.is(await guest.run(async ({ kept }) => (await kept['moved'], kept['moved'].state)), 'fulfilled')
  t.deepEqual([...order], [2, 2, 1])
  await guest.terminate()
  await pool.close()
})

test.serial('the limit of a group of a guest is its own: the tasks of another guest pass', async (t) => {
  const name = 'groups of guests'
  const pool = Pool.create({ name, shared: true, size: 8 })
  const guest = await Remote.start()
  await guest.run(async ({ Pool, gate, kept }, name) => {
    const pool = Pool.create({ name, shared: true })
    kept['stay'] = gate()
    kept['group'] = pool.group({ limit: 1 })
    for (let i = 0; i < 3; i++) kept['group'].submit(() => kept['stay'].promise.then(() => i))
  }, name)
  t.deepEqual([pool.busy, pool.waiting], [1, 2])
  {
    await using group = pool.group<number>({ limit: 1 })
    for (let i = 0; i < 3; i++) group.submit(() => i)
    t.deepEqual(await group.join(), [0, 1, 2])
  }
  const joined = await guest.run(async ({ kept }) => {
    kept['stay'].open()
    const results = await kept['group'].join()
    await kept['group'][Symbol.asyncDispose]()
    return results
  })
  t.deepEqual(joined, [0, 1, 2])
  await guest.terminate()
  await pool.close()
})

test.serial('a guest that ends in the midst of its group leaves nothing of it in the pool', async (t) => {
  const name = 'ended groups'
  const pool = Pool.create({ name, shared: true, size: 2 })
  const guest = await Remote.start()
  await guest.run(async ({ Pool, kept }, name) => {
    const pool = (kept['pool'] = Pool.create({ name, shared: true }))
    kept['group'] = pool.group({ limit: 1 })
    for (let i = 0; i < 5; i++) kept['group'].submit(() => new Promise(() => {}))
  }, name)
  t.deepEqual([pool.busy, pool.waiting], [1, 4])
  await guest.terminate()
  await until(() => pool.busy === 0 && pool.waiting === 0, 'the tasks of the guest are gone')
  await using group = pool.group<number>({ limit: 1 })
  for (let i = 0; i < 3; i++) group.submit(() => i)
  t.deepEqual(await within(group.join(), 'a group of another isolate runs'), [0, 1, 2])
})

test.serial('the group of a guest ends when the owner of the threads ends in its midst', async (t) => {
  const name = 'orphaned groups'
  const owner = await Remote.start()
  await owner.run(
    async ({ ThreadPool, kept }, name, filename) => {
      const pool = (kept['pool'] = ThreadPool.create({ name, shared: true, filename, size: 1 }))
      await pool.ready()
    },
    name,
    filename,
  )
  const pool = ThreadPool.create<any>({ name, shared: true, filename })
  const block = (async () => {
    await using group = pool.group({ mode: 'allSettled' })
    for (let i = 0; i < 3; i++) group.run(undefined, { name: 'pending' })
    await until(() => pool.busy === 1, 'the first one runs')
    await owner.terminate()
    return group.join()
  })()
  const outcomes = await within(block, 'the block ends')
  t.is(outcomes.length, 3)
  for (const outcome of outcomes) t.true(outcome.status === 'rejected' && PoolClosedError.is(outcome.reason))
})

test.serial('a guest has futures and groups of the calls of a thread pool', async (t) => {
  const name = 'calls of guests'
  const pool = ThreadPool.create<any>({ name, shared: true, filename, size: 2 })
  t.teardown(() => pool.destroy())
  await pool.ready()
  const array = cells()
  const guest = await Remote.start()
  const seen = await guest.run(
    async ({ ThreadPool, kept }, name, filename) => {
      const pool = (kept['pool'] = ThreadPool.create<any>({ name, shared: true, filename }))
      const future = pool.future('echo', { name: 'echo' })
      const value = await future.get({ timeout: 10_000 })
      const group = pool.group({ limit: 1 })
      for (const each of [3, 1, 2]) group.run(each, { name: 'echo', tag: `echo ${each}` })
      const results = await group.join()
      await group[Symbol.asyncDispose]()
      const failing = pool.group()
      failing.run(1, { name: 'missing' })
      const error: any = await failing.join().catch((error: unknown) => error)
      await failing[Symbol.asyncDispose]()
      return [value, future.state, results, [...group.results.keys()], error.code]
    },
    name,
    filename,
  )
  t.deepEqual(seen, ['echo', 'fulfilled', [3, 1, 2], ['echo 3', 'echo 1', 'echo 2'], 'ERR_POOL_OPTION'])
  // While both threads are busy a call of the guest waits, and may be moved.
  const held = [1, 2].map(() => pool.run(array, { name: 'gatedAsync' }))
  await begun(array, 2)
  const late = await guest.run(({ kept }) => {
    kept['late'] = kept['pool'].future(1)
    return [kept['late'].state, kept['late'].setPriority('high'), kept['late'].cancel('no'), kept['late'].state]
  })
  t.deepEqual(late, ['waiting', true, true, 'cancelled'])
  open(array)
  await Promise.all(held)
  t.is(
    (await rejection(guest.run(({ kept }) => kept['late'].get().catch(() => Promise.reject(new Error('no')))))).message,
    'no',
  )
  await guest.terminate()
})
