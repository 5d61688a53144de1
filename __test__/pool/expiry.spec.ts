import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { Pool } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { until } from '../support/until.js'

test('an idle worker with an expiry of 200 ms is never retired early', async (t) => {
  const retiredAt: number[] = []
  const idleSince: number[] = []
  let made = 0
  const pool = Pool.create({
    size: 5,
    expiry: 200,
    init: () => made++,
    dispose: (worker: number) => void (retiredAt[worker] = performance.now()),
  })
  const gates = Array.from({ length: 5 }, () => gate())
  const tasks = gates.map(({ promise }) => pool.submit(async ({ resource }) => (await promise, resource)))
  for (const i of gates.keys()) {
    const before = performance.now()
    gates[i]!.open()
    idleSince[await tasks[i]!] = before
    await delay(15)
  }
  await until(() => pool.running === 0, 'every worker goes')
  t.is(retiredAt.length, 5)
  for (const [i, at] of retiredAt.entries()) {
    t.true(at - idleSince[i]! >= 200, `worker ${i} was retired after ${at - idleSince[i]!} ms`)
  }
  t.is(pool.stats().workers.retired, 5)
})

test('an idle worker without a resource is never retired early', async (t) => {
  const pool = Pool.create({ size: 3, expiry: 200 })
  const { gates, finish } = occupy(pool, 3)
  for (const { open } of gates) open()
  const before = performance.now()
  await finish()
  t.is(pool.idle, 3)
  while (pool.running === 3) await turn()
  t.true(performance.now() - before >= 200)
  await until(() => pool.running === 0, 'every worker goes')
})

test('a worker that is used again starts its idle time anew; those below it on the stack expire', async (t) => {
  const disposed: number[] = []
  let made = 0
  const pool = Pool.create({
    size: 3,
    expiry: 60,
    init: () => made++,
    dispose: (worker: number) => void disposed.push(worker),
  })
  await occupy(pool, 3).finish()
  t.is(pool.idle, 3)
  let last = -1
  let longestGap = 0
  let previous = performance.now()
  while (disposed.length < 2) {
    last = await pool.submit(({ resource }) => resource)
    const now = performance.now()
    longestGap = Math.max(longestGap, now - previous)
    previous = now
    await delay(1)
  }
  // On a machine that stalls, the hot worker may have expired too; only without a stall must it still be there.
  if (longestGap < 50) {
    t.false(disposed.includes(last))
    t.is(made, 3)
  }
  t.is(disposed.length, 2)
  await until(() => disposed.length === made, 'the last worker goes, too')
  t.is(pool.running, 0)
})

test('busy workers do not expire', async (t) => {
  const pool = Pool.create({ size: 2, expiry: 10 })
  const { gates, tasks, finish } = occupy(pool, 2)
  gates[0]!.open()
  await tasks[0]
  await until(() => pool.running === 1, 'the idle one goes')
  await delay(30)
  t.deepEqual([pool.busy, pool.running], [1, 1])
  await finish()
  await until(() => pool.running === 0, 'the other one goes when it is idle')
})

for (const [title, options] of [
  ['expiry: Infinity', { expiry: Infinity }],
  ['disablePurge', { disablePurge: true }],
  ['disablePurge with an expiry', { disablePurge: true, expiry: 10 }],
] as const) {
  test(`${title}: idle workers stay`, async (t) => {
    const kept = Pool.create({ size: 10, ...options })
    const control = Pool.create({ size: 10, expiry: 10 })
    await Promise.all([occupy(kept, 10).finish(), occupy(control, 10).finish()])
    for (let round = 0; round < 3; round++) {
      await until(() => control.running === 0, 'the workers of the other pool go')
      await control.submit(turn)
    }
    t.deepEqual([kept.running, kept.idle, kept.free], [10, 10, 0])
    kept.release()
    t.is(kept.running, 0)
  })
}

test('a task after all workers have expired runs on a record from the worker cache', async (t) => {
  const pool = Pool.create({ size: 4, expiry: 5 })
  await occupy(pool, 4).finish()
  await until(() => pool.running === 0, 'every worker goes')
  t.is(await pool.submit(() => 'again'), 'again')
  const { workers } = pool.stats()
  t.deepEqual(workers, { started: 5, reused: 1, retired: 4, crashed: 0, reuseRate: 1 / 5 })
})

test('workers expire again and again, also after a reboot', async (t) => {
  const pool = Pool.create({ size: 3, expiry: 5 })
  for (let round = 1; round <= 4; round++) {
    await occupy(pool, 3).finish()
    await until(() => pool.running === 0, 'every worker goes')
    t.is(pool.stats().workers.retired, 3 * round)
    if (round % 2 === 0) {
      pool.release()
      pool.reboot()
    }
  }
})

test('an expiry below a millisecond is one', async (t) => {
  const pool = Pool.create({ size: 1, expiry: 0.5 })
  await pool.submit(turn)
  await until(() => pool.running === 0, 'the worker goes')
  t.pass()
})
