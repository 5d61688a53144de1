// `vacancy` resolves when a submit would not have to wait: first come, first served, one per free slot, nothing reserved.
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClosedError } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Remote } from '../support/remote.js'
import { rejection } from '../support/until.js'

/** Notes in `told` when the pool has a vacancy for the one of this name. */
function ask<R>(pool: Pool<R>, told: unknown[], name: unknown): Promise<void> {
  return pool.vacancy().then(
    () => void told.push(name),
    (error) => void told.push([name, error.code]),
  )
}
/** Enough turns of the event loop for everything that is on the way. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn()
}

test('an empty pool has a vacancy at once', async (t) => {
  const pool = Pool.create({ size: 1 })
  t.is(await pool.vacancy(), undefined)
  t.is(await pool.submit(() => 'ran'), 'ran')
  await pool.vacancy()
})

test('a full pool has one when a task ends, and those who ask get it in the order in which they asked', async (t) => {
  const pool = Pool.create({ size: 2 })
  const occupants = occupy(pool, 2)
  const told: unknown[] = []
  for (const name of ['a', 'b', 'c']) void ask(pool, told, name).then(() => pool.execute(turn))
  await settle()
  t.deepEqual(told, [])
  occupants.gates[0]!.open()
  await occupants.tasks[0]
  await settle()
  t.deepEqual(told, ['a', 'b', 'c'])
  await occupants.finish()
})

test('one is told per free slot, and the next ones when it is not used', async (t) => {
  const pool = Pool.create({ size: 3 })
  const occupants = occupy(pool, 3)
  const told: unknown[] = []
  const ran: number[] = []
  const all = Array.from({ length: 6 }, (_, i) => ask(pool, told, i))
  // Looks before the event loop has turned: in the promise job of the first.
  const first = all[0]!.then(() => pool.stats())
  occupants.gates[0]!.open()
  t.like(await first, { busy: 2, waiting: 0 })
  t.deepEqual(told, [0], 'one slot, one told')
  await Promise.all(all)
  t.deepEqual(told, [0, 1, 2, 3, 4, 5], 'one that does not come keeps nobody waiting for ever')
  t.deepEqual(ran, [])
  await occupants.finish()
})

test('producers that ask never have a task waiting', async (t) => {
  const pool = Pool.create({ size: 3 })
  let ran = 0
  const produce = async () => {
    for (let i = 0; i < 100; i++) {
      await pool.vacancy()
      pool.execute(async () => {
        await turn()
        ran++
      })
    }
  }
  await Promise.all(Array.from({ length: 7 }, produce))
  await pool.drain()
  t.is(ran, 700)
  t.like(pool.stats(), { peakWaiting: 0, peakBusy: 3 })
})

test('every one who uses the slot later than at once finds it taken, and may wait', async (t) => {
  const pool = Pool.create({ size: 1 })
  await pool.vacancy()
  const other = occupy(pool, 1)
  const own = pool.submit(() => 'waited')
  t.is(pool.waiting, 1)
  await other.finish()
  t.is(await own, 'waited')
})

test('those who submit without asking go on as ever, and those who ask still get their turn', async (t) => {
  const pool = Pool.create({ size: 2 })
  const occupants = occupy(pool, 6)
  const told: unknown[] = []
  const all = [ask(pool, told, 'a'), ask(pool, told, 'b')]
  for (const i of [0, 1, 2, 3]) {
    occupants.gates[i]!.open()
    await occupants.tasks[i]
  }
  await settle()
  t.deepEqual(told, [], 'the waiting tasks come first')
  occupants.gates[4]!.open()
  await Promise.all(all)
  t.deepEqual(told, ['a', 'b'])
  await occupants.finish()
})

test('release, close and a closed pool reject with PoolClosedError', async (t) => {
  for (const shut of [(pool: Pool) => pool.release(), (pool: Pool) => void pool.close()]) {
    const pool = Pool.create({ size: 1, name: 'shut' })
    const occupants = occupy(pool, 1)
    const pending = [1, 2, 3].map(() => rejection(pool.vacancy()))
    shut(pool)
    for (const error of await Promise.all(pending)) {
      t.true(error instanceof PoolClosedError)
      t.regex(error.message, /shut/)
    }
    t.true((await rejection(pool.vacancy())) instanceof PoolClosedError)
    await occupants.finish()
    t.true((await rejection(pool.vacancy())) instanceof PoolClosedError)
    pool.reboot()
    await pool.vacancy()
  }
})

test('reboot rejects those who asked before', async (t) => {
  const pool = Pool.create({ size: 1 })
  const occupants = occupy(pool, 1)
  const before = rejection(pool.vacancy())
  pool.release()
  pool.reboot()
  t.true((await before) instanceof PoolClosedError)
  await pool.vacancy()
  await occupants.finish()
})

test('an abort before, during and after', async (t) => {
  const pool = Pool.create({ size: 1 })
  const reason = new Error('enough')
  const aborted = AbortSignal.abort(reason)
  t.is(await rejection(pool.vacancy({ signal: aborted })), reason)

  const occupants = occupy(pool, 1)
  const told: unknown[] = []
  const controller = new AbortController()
  const during = rejection(pool.vacancy({ signal: controller.signal }))
  const next = ask(pool, told, 'next')
  controller.abort(reason)
  t.is(await during, reason)
  t.is(getEventListeners(controller.signal, 'abort').length, 0)
  await occupants.finish()
  await next
  t.deepEqual(told, ['next'], 'whoever gave up took no turn')

  const after = new AbortController()
  await pool.vacancy({ signal: after.signal })
  after.abort(reason)
  await pool.vacancy()
})

test('one that is aborted takes no turn', async (t) => {
  const pool = Pool.create({ size: 1 })
  const occupants = occupy(pool, 1)
  const controller = new AbortController()
  const aborted = rejection(pool.vacancy({ signal: controller.signal }))
  let hasTurned = false
  const next = pool.vacancy().then(() => hasTurned)
  controller.abort()
  await aborted
  setImmediate(() => (hasTurned = true))
  occupants.gates[0]!.open()
  t.false(await next, 'told in the turn in which the slot came free')
})

test('an abort in the same turn as the end of a task leaves the turn to the next', async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate()
  const task = pool.submit(() => end.promise)
  const controller = new AbortController()
  const first = pool.vacancy({ signal: controller.signal }).catch((error) => error)
  const second = pool.vacancy()
  end.open()
  void task.then(() => controller.abort('late'))
  t.true([undefined, 'late'].includes(await first))
  await second
})

test('a thousand on one signal need one listener, which goes with them, and warn of nothing', async (t) => {
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  const pool = Pool.create({ size: 1 })
  const { signal } = new AbortController()
  const occupants = occupy(pool, 1)
  const all = Array.from({ length: 1_000 }, () => pool.vacancy({ signal }))
  t.is(getEventListeners(signal, 'abort').length, 1)
  await occupants.finish()
  await Promise.all(all)
  t.is(getEventListeners(signal, 'abort').length, 0)
  await settle()
  process.off('warning', listen)
  t.deepEqual(warnings, [])
})

test('a thousand on one signal are aborted together', async (t) => {
  const pool = Pool.create({ size: 1 })
  const controller = new AbortController()
  const occupants = occupy(pool, 1)
  const all = Array.from({ length: 1_000 }, () => rejection(pool.vacancy({ signal: controller.signal })))
  controller.abort('all')
  t.deepEqual(new Set(await Promise.all(all)), new Set(['all']))
  await occupants.finish()
  await pool.vacancy()
})

test('a nonblocking pool is not overloaded for those who ask', async (t) => {
  const pool = Pool.create({ size: 2, nonblocking: true })
  const produce = async () => {
    for (let i = 0; i < 50; i++) {
      await pool.vacancy()
      pool.execute(turn)
    }
  }
  await Promise.all([produce(), produce(), produce(), produce()])
  await pool.drain()
  t.like(pool.stats(), { completed: 200, rejected: { overload: 0, closed: 0, waitTimeout: 0, released: 0 } })
})

test('a bounded queue with room is no vacancy', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 10 })
  const occupants = occupy(pool, 1)
  const told: unknown[] = []
  const asked = ask(pool, told, 'asked')
  await settle()
  t.deepEqual(told, [])
  await occupants.finish()
  await asked
})

test('an unbounded pool always has a vacancy', async (t) => {
  const pool = Pool.create({ size: Infinity })
  const occupants = occupy(pool, 1_000)
  await Promise.all(Array.from({ length: 1_000 }, () => pool.vacancy()))
  t.is(pool.busy, 1_000)
  await occupants.finish()
})

test('a worker that boots for nobody else is a vacancy', async (t) => {
  const made = gate<string>()
  const pool = Pool.create({ size: 1, init: () => made.promise })
  const controller = new AbortController()
  const aborted = rejection(pool.submit(() => 0, { signal: controller.signal }))
  const told: unknown[] = []
  const asked = ask(pool, told, 'asked')
  await settle()
  t.deepEqual(told, [], 'it boots for a task')
  controller.abort()
  await aborted
  await asked
  t.is(pool.busy, 1)
  const task = pool.submit(({ resource }) => resource, { waitTimeout: 0 })
  made.open('made')
  t.is(await task, 'made')
})

test('growing tells as many as fit, shrinking none', async (t) => {
  const pool = Pool.create({ size: 2 })
  const occupants = occupy(pool, 2)
  const told: unknown[] = []
  for (let i = 0; i < 4; i++) void ask(pool, told, i).then(() => occupants.tasks.push(pool.submit(() => end.promise)))
  const end = gate()
  pool.tune(1)
  occupants.gates[0]!.open()
  await occupants.tasks[0]
  await settle()
  t.deepEqual(told, [])
  pool.tune(3)
  await settle()
  t.deepEqual(told, [0, 1])
  pool.tune(5)
  await settle()
  t.deepEqual(told, [0, 1, 2, 3])
  t.is(pool.waiting, 0)
  end.open()
  await occupants.finish()
})

test('bad input is rejected and not thrown', async (t) => {
  const pool = Pool.create({ size: 1 })
  for (const [options, what] of [
    [{ signal: {} }, /signal/],
    [{ signal: null }, /signal/],
    [{ timeout: 5 }, /unknown option timeout/],
    [5, /options of vacancy/],
    [null, /options of vacancy/],
  ] as const) {
    const error = await rejection(pool.vacancy(options as never))
    t.true(error instanceof TypeError)
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, what)
  }
  await pool.vacancy({})
  await pool.vacancy({ signal: undefined })
})

test('across isolates the turns go round in the order of asking', async (t) => {
  const name = 'vacancy across isolates'
  const pool = Pool.create({ name, shared: true, size: 1 })
  const remotes = await Remote.starting(2)
  const occupants = occupy(pool, 1)
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const asking = async ({ Pool, kept }: any, name: string, clock: Int32Array) => {
    kept.pool ??= Pool.create({ name, shared: true })
    // Told, it takes the slot for a while; nobody else is told meanwhile.
    const used = kept.pool.vacancy().then(() => kept.pool.submit(async () => Atomics.add(clock, 0, 1)))
    ;(kept.ranks ??= []).push(used)
  }
  for (const index of [1, 0, 0, 1]) await remotes[index]!.run(asking, name, clock)
  const own = pool.vacancy().then(() => pool.submit(async () => Atomics.add(clock, 0, 1)))
  await occupants.finish()
  const ranks = await Promise.all(
    remotes.map((remote) => remote.run(({ kept }) => Promise.all(kept.ranks as Promise<number>[]))),
  )
  t.deepEqual([...ranks, await own], [[1, 2], [0, 3], 4])
})

test('producers in several isolates never have a task waiting', async (t) => {
  const name = 'producers in several isolates'
  const pool = Pool.create({ name, shared: true, size: 3 })
  const remotes = await Remote.starting(3)
  const produce = async ({ Pool, turn }: any, name: string) => {
    const pool = Pool.create({ name, shared: true })
    const tasks: Promise<unknown>[] = []
    const one = async () => {
      for (let i = 0; i < 50; i++) {
        await pool.vacancy()
        tasks.push(pool.submit(() => turn()))
      }
    }
    await Promise.all([one(), one(), one()])
    return (await Promise.all(tasks)).length
  }
  t.deepEqual(await Promise.all(remotes.map((remote) => remote.run(produce, name))), [150, 150, 150])
  const { peakWaiting, completed } = pool.stats()
  t.is(completed, 450)
  t.is(peakWaiting, 0)
})

test('a dead isolate gives its place and its turn to the others', async (t) => {
  const name = 'vacancy of the dead'
  const pool = Pool.create({ name, shared: true, size: 1 })
  const remote = await Remote.start()
  const occupants = occupy(pool, 1)
  const isTold = new Int32Array(new SharedArrayBuffer(4))
  await remote.run(
    ({ Pool, kept }, name, isTold) => {
      kept.pool = Pool.create({ name, shared: true })
      // Told, it never gives its turn back.
      const block = () => {
        Atomics.store(isTold, 0, 1)
        Atomics.notify(isTold, 0)
        for (;;);
      }
      void kept.pool.vacancy().then(block)
      void kept.pool.vacancy()
    },
    name,
    isTold,
  )
  const own = pool.vacancy()
  await occupants.finish()
  Atomics.wait(isTold, 0, 0, 8_000)
  await remote.terminate()
  await own
  t.is(await pool.submit(() => 'ran', { waitTimeout: 0 }), 'ran')
})
