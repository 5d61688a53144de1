import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'

test('growing starts waiting tasks at once, as many as fit', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 8)
  t.deepEqual([pool.busy, pool.waiting], [1, 7])
  pool.tune(2)
  t.deepEqual([pool.busy, pool.waiting], [2, 6])
  pool.tune(5)
  t.deepEqual([pool.busy, pool.waiting], [5, 3])
  pool.tune(100)
  t.deepEqual([pool.busy, pool.waiting], [8, 0])
  await finish()
})

test('tune(10 → 2) with 10 idle retires 8 at once and never runs more than 2', async (t) => {
  const pool = Pool.create({ size: 10 })
  await occupy(pool, 10).finish()
  t.is(pool.idle, 10)
  pool.tune(2)
  t.deepEqual([pool.capacity, pool.running, pool.idle, pool.free], [2, 2, 2, 0])
  let running = 0
  let most = 0
  const tasks = Array.from({ length: 30 }, () =>
    pool.submit(async () => {
      most = Math.max(most, ++running)
      await turn()
      running--
    }),
  )
  await Promise.all(tasks)
  t.is(most, 2)
  t.is(pool.running, 2)
})

test('tune(50 → 20) with 50 busy ends at exactly 20, 200 times over', async (t) => {
  t.timeout(30_000)
  for (let round = 0; round < 200; round++) {
    const pool = Pool.create({ size: 50 })
    const { gates, tasks } = occupy(pool, 50)
    t.is(pool.busy, 50)
    pool.tune(20)
    // Every round ends them in another order: 7 and 50 have no common divisor, so each gate is opened once.
    for (let i = 0; i < 50; i++) {
      const index = (i * 7 + round) % 50
      gates[index]!.open()
      await tasks[index]
      if (pool.running < 20) t.fail(`fell to ${pool.running} in round ${round}`)
    }
    if (pool.running !== 20 || pool.idle !== 20) t.fail(`ended at ${pool.running} in round ${round}`)
    pool.release()
  }
  t.pass()
})

test('tune(50 → 20) with 50 busy that end in one turn and others waiting ends at exactly 20', async (t) => {
  for (let round = 0; round < 20; round++) {
    const pool = Pool.create({ size: 50 })
    const { finish } = occupy(pool, 50)
    let running = 0
    let most = 0
    const waiting = Array.from({ length: 60 }, () =>
      pool.submit(async () => {
        most = Math.max(most, ++running)
        await turn()
        running--
      }),
    )
    pool.tune(20)
    await finish()
    await Promise.all(waiting)
    if (most !== 20 || pool.running !== 20) t.fail(`${most} ran at once, ${pool.running} were left`)
  }
  t.pass()
})

test('nothing starts above a capacity that was shrunk below what is busy', async (t) => {
  const pool = Pool.create({ size: 4 })
  const { gates, tasks, finish } = occupy(pool, 6)
  pool.tune(1)
  t.deepEqual([pool.busy, pool.waiting, pool.available, pool.free], [4, 2, 0, 0])
  for (const i of [0, 1, 2]) {
    gates[i]!.open()
    await tasks[i]
    t.deepEqual([pool.busy, pool.waiting], [3 - i, 2])
  }
  gates[3]!.open()
  await tasks[3]
  t.deepEqual([pool.busy, pool.waiting], [1, 1])
  await finish()
  t.is(pool.running, 1)
})

test('tune to Infinity and back', async (t) => {
  const pool = Pool.create({ size: 2 })
  const { finish } = occupy(pool, 500)
  pool.tune(Infinity)
  t.is(pool.capacity, Infinity)
  t.is(pool.available, Infinity)
  t.deepEqual([pool.busy, pool.waiting], [500, 0])
  pool.tune(3)
  t.deepEqual([pool.capacity, pool.busy, pool.available, pool.free], [3, 500, 0, 0])
  await finish()
  t.deepEqual([pool.running, pool.idle], [3, 3])
  pool.tune(-1)
  t.is(pool.capacity, Infinity)
  pool.tune(1)
  t.deepEqual([pool.capacity, pool.running], [1, 1])
})

test('an unbounded pool can be bounded', async (t) => {
  const pool = Pool.create({ size: Infinity })
  const { finish } = occupy(pool, 10)
  pool.tune(4)
  const waiting = pool.submit(() => 'waited')
  t.is(pool.waiting, 1)
  await finish()
  t.is(await waiting, 'waited')
  t.is(pool.running, 4)
})

test('the same size does nothing', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { finish } = occupy(pool, 5)
  const before = pool.stats()
  pool.tune(3)
  t.deepEqual(pool.stats(), before)
  await finish()
})

test('a tune there and back while busy keeps every worker', async (t) => {
  const pool = Pool.create({ size: 10 })
  const { finish } = occupy(pool, 10)
  pool.tune(1)
  pool.tune(10)
  await finish()
  t.is(pool.running, 10)
})

test('tune works on a closed pool and survives reboot', async (t) => {
  const pool = Pool.create({ size: 10 })
  pool.release()
  pool.tune(2)
  t.is(pool.capacity, 2)
  pool.reboot()
  t.is(pool.capacity, 2)
  const { finish } = occupy(pool, 5)
  t.deepEqual([pool.busy, pool.waiting], [2, 3])
  await finish()
})

test('tune while close runs what was accepted starts more of it', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 4)
  const closed = pool.close()
  pool.tune(3)
  t.deepEqual([pool.busy, pool.waiting], [3, 1])
  await finish()
  await closed
  t.is(pool.stats().completed, 4)
})

test('tune works on a pool that is preallocated', async (t) => {
  const pool = Pool.create({ size: 2, preAlloc: true })
  const { finish } = occupy(pool, 6)
  pool.tune(4)
  t.deepEqual([pool.busy, pool.waiting], [4, 2])
  pool.tune(1)
  await finish()
  t.is(pool.running, 1)
})

test('tune from inside a running closure', async (t) => {
  const pool = Pool.create({ size: 1, logger: new Recorder() })
  const end = gate()
  const order: string[] = []
  const task = pool.submit(() => {
    void pool.submit(() => {
      order.push('second')
      return end.promise
    })
    pool.tune(2)
    order.push('after tune')
  })
  await task
  end.open()
  await pool.drain()
  t.deepEqual([...order].sort(), ['after tune', 'second'])
  t.is(pool.stats().completed, 2)
})
