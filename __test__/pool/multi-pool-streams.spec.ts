import test from 'ava'
import { MultiPool, Pool } from 'workpool'

import { gate } from '../support/gate.js'

test('a map over several pools uses all of them and yields in order', async (t) => {
  const multi = MultiPool.create({ pools: 3, size: 2 })
  const gates = Array.from({ length: 6 }, () => gate())
  let running = 0
  const results = multi.map(
    Array.from({ length: 30 }, (_, i) => i),
    async (item) => {
      running++
      if (item < 6) await gates[item]!.promise
      return item * 2
    },
  )
  const first = results.next()
  while (running < 6) await new Promise(setImmediate)
  t.deepEqual(multi.stats().busy, 6)
  for (let i = 0; i < 3; i++) t.is(multi.at(i).busy, 2)
  for (const { open } of gates.toReversed()) open()
  t.deepEqual(await first, { value: 0, done: false })
  const rest: number[] = []
  for await (const result of results) rest.push(result)
  t.deepEqual(
    rest,
    Array.from({ length: 29 }, (_, i) => (i + 1) * 2),
  )
  t.is(multi.stats().completed, 30)
})

test('leaving a map over several pools aborts what runs in each and ends the source', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 2 })
  const aborted: number[] = []
  let ended = false
  function* items() {
    try {
      for (let i = 0; ; i++) yield i
    } finally {
      ended = true
    }
  }
  const results = multi.map(items(), (item, { signal }) => {
    if (item === 0) return item
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(item)
        reject(signal.reason)
      })
    })
  })
  for await (const result of results) {
    t.is(result, 0)
    break
  }
  t.true(ended)
  t.true(aborted.length >= 3)
  await multi.drain()
  t.is(multi.stats().unsettled, 0)
})

test('vacancy of several pools resolves when one of them has room', async (t) => {
  const pools = [Pool.create({ size: 1 }), Pool.create({ size: 1 })]
  const multi = MultiPool.of(pools)
  await multi.vacancy()
  const gates = pools.map((pool) => {
    const { open, promise } = gate()
    return { open, ended: pool.submit(() => promise) }
  })
  const told: string[] = []
  const vacancy = multi.vacancy().then(() => told.push('vacant'))
  await new Promise(setImmediate)
  t.deepEqual(told, [])
  gates[1]!.open()
  await gates[1]!.ended
  await vacancy
  // The other pool was asked in vain, and has forgotten it.
  gates[0]!.open()
  await gates[0]!.ended
  await pools[0]!.vacancy()
  await pools[1]!.vacancy()
})

test('vacancy of several pools rejects when all are closed, and with the reason of its signal', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1, name: 'many' })
  const held = [0, 1].map((i) => {
    const { open, promise } = gate()
    multi.at(i).execute(() => promise)
    return open
  })
  const controller = new AbortController()
  const aborted = multi.vacancy({ signal: controller.signal })
  const closed = multi.vacancy()
  const reason = new Error('enough')
  controller.abort(reason)
  t.is(await t.throwsAsync(aborted), reason)
  multi.at(0).release()
  await new Promise(setImmediate)
  multi.at(1).release()
  await t.throwsAsync(closed, { code: 'ERR_POOL_CLOSED', message: /many/ })
  await t.throwsAsync(multi.vacancy(), { code: 'ERR_POOL_CLOSED' })
  await t.throwsAsync(multi.vacancy({ signal: AbortSignal.abort(reason) }), { message: 'enough' })
  for (const open of held) open()
})
