import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClosedError, PoolOverloadError, WaitTimeoutError } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { gate, occupy, type Gate } from '../support/gate.js'
import { Recorder, shows } from '../support/recorder.js'
import { thenable } from '../support/thenable.js'
import { block, rejection, until } from '../support/until.js'

interface Connection {
  readonly id: number
}

/** A factory whose steps the test takes by hand. */
function manual() {
  const opening: Gate<Connection>[] = []
  const closing: { connection: Connection; gate: Gate }[] = []
  const init = () => {
    const opened = gate<Connection>()
    opening.push(opened)
    return opened.promise
  }
  const dispose = (connection: Connection) => {
    const closed = { connection, gate: gate() }
    closing.push(closed)
    return closed.gate.promise
  }
  return { opening, closing, options: { init, dispose } }
}

/** A factory that makes 0, 1, 2, … and notes them. */
function counting() {
  const made: number[] = []
  const disposed: number[] = []
  const init = () => made.push(made.length) - 1
  const dispose = (resource: number) => void disposed.push(resource)
  return { made, disposed, options: { init, dispose } }
}

test('a worker makes its resource once, keeps it while idle and hands it to every task', async (t) => {
  for (const init of [() => ({ id: 1 }), async () => ({ id: 1 })]) {
    let inits = 0
    const pool = Pool.create({ size: 1, init: () => (inits++, init()) })
    t.is(inits, 0)
    const first = await pool.submit(({ resource }) => resource)
    for (let i = 0; i < 5; i++) t.is(await pool.submit(async ({ resource }) => resource), first)
    t.is(inits, 1)
  }
})

test('without init the resource is undefined', async (t) => {
  const pool = Pool.create({ size: 1 })
  t.is(await pool.submit(({ resource }) => resource), undefined)
})

for (const resource of [0, null, undefined, '', false]) {
  test(`a resource may be ${JSON.stringify(resource)}`, async (t) => {
    let inits = 0
    const pool = Pool.create({ size: 1, init: async () => (inits++, resource) })
    t.is(await pool.submit((context) => context.resource), resource)
    t.is(await pool.submit((context) => context.resource), resource)
    t.is(inits, 1)
  })
}

test('an init that is synchronous lets the task start inside submit', async (t) => {
  const pool = Pool.create({ size: 1, init: () => 'ready' })
  let seen: string | undefined
  const task = pool.submit(({ resource }) => {
    seen = resource
  })
  t.is(seen, 'ready')
  await task
})

test('an init may return a thenable', async (t) => {
  const pool = Pool.create<string>({ size: 1, init: () => thenable((resolve) => setImmediate(resolve, 'ready')) })
  t.is(await pool.submit(({ resource }) => resource), 'ready')
})

test('the resource that became idle last is used first', async (t) => {
  const pool = Pool.create({ size: 3, ...counting().options })
  const gates = [gate(), gate(), gate()]
  const tasks = gates.map(({ promise }) => pool.submit(async ({ resource }) => (await promise, resource)))
  for (const i of [1, 2, 0]) {
    gates[i]!.open()
    await tasks[i]
  }
  const end = gate()
  const order: number[] = []
  const again = [1, 2, 3].map(() =>
    pool.submit(({ resource }) => {
      order.push(resource)
      return end.promise
    }),
  )
  end.open()
  await Promise.all(again)
  t.deepEqual(order, [0, 2, 1])
})

test('a booting worker counts as busy, the task that will take it as waiting', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 2, ...factory.options })
  const task = pool.submit(({ resource }) => resource.id)
  t.deepEqual([pool.running, pool.busy, pool.idle, pool.waiting], [1, 1, 0, 1])
  t.is(factory.opening.length, 1)
  factory.opening[0]!.open({ id: 7 })
  t.is(await task, 7)
  t.deepEqual([pool.running, pool.busy, pool.idle, pool.waiting], [1, 0, 1, 0])
})

test('a booting worker is room: nonblocking, maxBlockingTasks and waitTimeout 0 accept what it will take', async (t) => {
  const refusals = [
    [{ nonblocking: true }, {}, PoolOverloadError],
    [{ maxBlockingTasks: 1 }, {}, PoolOverloadError],
    [{}, { waitTimeout: 0 }, WaitTimeoutError],
  ] as const
  for (const [options, submitOptions, Refusal] of refusals) {
    const factory = manual()
    const pool = Pool.create({ size: 2, ...options, ...factory.options })
    const tasks = [1, 2].map(() => pool.submit(({ resource }) => resource.id, submitOptions))
    t.deepEqual([pool.busy, pool.waiting], [2, 2])
    if ('maxBlockingTasks' in options) tasks.push(pool.submit(({ resource }) => resource.id))
    t.true((await rejection(pool.submit(() => t.fail('it ran'), submitOptions))) instanceof Refusal)
    factory.opening.forEach(({ open }, id) => open({ id }))
    await Promise.all(tasks)
    t.is(pool.stats().completed, tasks.length)
  }
})

test('a booting worker whose task was cancelled is room for another task, and no second one is started for it', async (t) => {
  const refusals = [
    [{ nonblocking: true }, {}, PoolOverloadError],
    [{}, { waitTimeout: 0 }, WaitTimeoutError],
  ] as const
  for (const [options, submitOptions, Refusal] of refusals) {
    const factory = manual()
    const pool = Pool.create({ size: 1, ...options, ...factory.options })
    const controller = new AbortController()
    const cancelled = pool.submit(() => t.fail('it ran'), { ...submitOptions, signal: controller.signal })
    controller.abort('cancelled')
    t.is(await rejection(cancelled), 'cancelled')
    const accepted = pool.submit(({ resource }) => resource.id, submitOptions)
    t.true((await rejection(pool.submit(() => t.fail('it ran'), submitOptions))) instanceof Refusal)
    pool.tune(5)
    t.is(factory.opening.length, 1)
    factory.opening[0]!.open({ id: 3 })
    t.is(await accepted, 3)
  }
})

test('which task a booting worker gets is decided when it is ready', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options })
  const order: string[] = []
  const controller = new AbortController()
  const cancelled = pool.submit(() => t.fail('it ran'), { signal: controller.signal })
  const tasks = (['low', 'normal', 'high'] as const).map((priority) =>
    pool.submit(() => void order.push(priority), { priority }),
  )
  controller.abort('no more')
  t.is(await rejection(cancelled), 'no more')
  factory.opening[0]!.open({ id: 0 })
  await Promise.all(tasks)
  t.deepEqual(order, ['high', 'normal', 'low'])
  t.is(factory.opening.length, 1)
})

test('a worker that becomes free takes the task another worker boots for, and that one goes idle', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 2, ...factory.options })
  const end = gate()
  const first = pool.submit(() => end.promise)
  factory.opening[0]!.open({ id: 0 })
  await until(() => pool.waiting === 0, 'the first task starts')
  const second = pool.submit(({ resource }) => resource.id)
  t.is(factory.opening.length, 2)
  end.open()
  await first
  t.is(await second, 0)
  t.deepEqual([pool.running, pool.busy], [2, 1])
  factory.opening[1]!.open({ id: 1 })
  await until(() => pool.idle === 2, 'the second worker is ready')
  t.is(await pool.submit(({ resource }) => resource.id), 1)
})

test('a task that is cancelled while its worker boots never runs; the worker becomes idle', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options })
  const controller = new AbortController()
  const task = pool.submit(() => t.fail('it ran'), { signal: controller.signal })
  controller.abort('changed my mind')
  t.is(await rejection(task), 'changed my mind')
  t.deepEqual([pool.busy, pool.waiting], [1, 0])
  let done = false
  const drained = pool.drain().then(() => (done = true))
  await turn()
  t.false(done)
  factory.opening[0]!.open({ id: 4 })
  await drained
  t.deepEqual([pool.busy, pool.idle], [0, 1])
  t.is(await pool.submit(({ resource }) => resource.id), 4)
})

test('close while a worker boots runs all that was accepted', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options })
  const tasks = [1, 2, 3].map((i) => pool.submit(({ resource }) => resource.id + i))
  const closed = pool.close()
  factory.opening[0]!.open({ id: 10 })
  t.deepEqual(await Promise.all(tasks), [11, 12, 13])
  await until(() => factory.closing.length === 1, 'it is disposed of')
  factory.closing[0]!.gate.open()
  await closed
  t.is(pool.running, 0)
})

test('init, dispose and isBroken may use their pool', async (t) => {
  const told: string[] = []
  const pool: Pool<number> = Pool.create<number>({
    size: 1,
    init() {
      pool.tune(2)
      pool.execute(() => void told.push('from init'))
      return pool.busy
    },
    dispose: () => pool.execute(() => void told.push('from dispose')),
    isBroken() {
      pool.execute(() => void told.push('from isBroken'))
      return true
    },
  })
  await rejection(pool.submit(() => Promise.reject(new Error('fails')), { priority: 'high' }))
  await until(() => told.length >= 4 && pool.busy === 0, 'all of them have run')
  t.deepEqual([...new Set(told)].sort(), ['from dispose', 'from init', 'from isBroken'])
  t.is(pool.stats().unsettled, 0)
})

test('boot time is waiting time: waitTimeout runs during it, timeout does not', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options })
  const patient = pool.submit(({ resource }) => turn(resource.id), { timeout: 2_000, priority: 'low' })
  t.true((await rejection(pool.submit(() => t.fail('it ran'), { waitTimeout: 30 }))) instanceof WaitTimeoutError)
  factory.opening[0]!.open({ id: 3 })
  t.is(await patient, 3)
})

test('a failed init rejects one task with its error, and the next task tries again', async (t) => {
  const error = new Error('no connection')
  for (const fail of [
    () => {
      throw error
    },
    () => Promise.reject(error),
  ]) {
    let inits = 0
    const pool = Pool.create<string>({ size: 1, init: () => (inits++ < 2 ? fail() : 'third time') })
    t.is(await rejection(pool.submit(() => t.fail('it ran'))), error)
    t.deepEqual([pool.running, pool.busy, pool.waiting], [0, 0, 0])
    t.is(await rejection(pool.submit(() => t.fail('it ran'))), error)
    t.is(await pool.submit(({ resource }) => resource), 'third time')
    t.is(inits, 3)
    const { submitted, failed, completed } = pool.stats()
    t.deepEqual({ submitted, failed, completed }, { submitted: 3, failed: 2, completed: 1 })
  }
})

test('of tasks that wait for a failing init one rejects, the next one tries again', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options, panicHandler: () => t.fail('panicHandler was called') })
  const tasks = [1, 2, 3].map(() => pool.submit(({ resource }) => resource.id))
  const settled = Promise.allSettled(tasks)
  const error = new Error('no connection')
  factory.opening[0]!.fail(error)
  await until(() => factory.opening.length === 2, 'the next init')
  t.deepEqual([pool.stats().failed, pool.waiting], [1, 2])
  factory.opening[1]!.open({ id: 9 })
  t.deepEqual(await settled, [
    { status: 'rejected', reason: error },
    { status: 'fulfilled', value: 9 },
    { status: 'fulfilled', value: 9 },
  ])
})

test('a hundred tasks that wait while init fails all reject when the pool closes, without stack and without loss', async (t) => {
  for (const fail of [
    () => {
      throw new Error('no connection')
    },
    () => Promise.reject(new Error('no connection')),
  ]) {
    const pool = Pool.create<string>({ size: 1, init: fail })
    const tasks = Promise.allSettled(Array.from({ length: 100 }, () => pool.submit(() => 0)))
    await pool.close()
    const results = await tasks
    t.true(results.every(({ status }) => status === 'rejected'))
    t.is(pool.stats().failed, 100)
    t.is(pool.running, 0)
  }
})

test('dispose is called once for each resource: at expiry, tune, release', async (t) => {
  const factory = counting()
  const pool = Pool.create({ size: 4, expiry: 10, ...factory.options })
  await occupy(pool, 2).finish()
  await until(() => pool.running === 0, 'two expire')
  t.deepEqual([...factory.disposed].sort(), [0, 1])
  await pool.close()
  t.is(factory.disposed.length, 2)

  const lasting = counting()
  const tuned = Pool.create({ size: 4, expiry: Infinity, ...lasting.options })
  const { finish } = occupy(tuned, 4)
  tuned.tune(3)
  await finish()
  t.deepEqual([tuned.running, lasting.disposed.length], [3, 1])
  tuned.tune(1)
  t.deepEqual([tuned.running, lasting.disposed.length], [1, 3])
  tuned.release()
  await tuned.close()
  t.deepEqual([...lasting.disposed].sort(), [0, 1, 2, 3])
  t.is(lasting.made.length, 4)
})

test('a worker counts until its dispose has settled', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 2, expiry: Infinity, ...factory.options })
  const first = occupy(pool, 2)
  factory.opening.forEach(({ open }, id) => open({ id }))
  await first.finish()
  t.deepEqual([pool.running, pool.idle], [2, 2])
  pool.tune(1)
  await until(() => factory.closing.length === 1, 'one is disposed of')
  t.is(pool.running, 2)
  t.is(pool.free, 0)
  factory.closing[0]!.gate.open()
  await until(() => pool.running === 1, 'it is gone')
  t.is(factory.closing[0]!.connection.id, 0)
})

test('no worker is started while the one it replaces is still being disposed of', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options, isBroken: () => true })
  const failing = pool.submit(() => Promise.reject(new Error('connection lost')))
  factory.opening[0]!.open({ id: 0 })
  await rejection(failing)
  const next = pool.submit(({ resource }) => resource.id)
  await until(() => factory.closing.length === 1, 'the broken one is disposed of')
  await turn()
  t.is(factory.opening.length, 1)
  t.deepEqual([pool.running, pool.waiting], [1, 1])
  factory.closing[0]!.gate.open()
  await until(() => factory.opening.length === 2, 'the next init')
  factory.opening[1]!.open({ id: 1 })
  t.is(await next, 1)
})

for (const verb of ['close', 'releaseTimeout'] as const) {
  test(`${verb} waits until every dispose has settled`, async (t) => {
    const factory = manual()
    const pool = Pool.create({ size: 1, ...factory.options })
    const task = pool.submit(({ resource }) => resource.id)
    factory.opening[0]!.open({ id: 0 })
    await task
    let done = false
    const ended = (verb === 'close' ? pool.close() : pool.releaseTimeout(60_000)).then(() => (done = true))
    await until(() => factory.closing.length === 1, 'it is disposed of')
    await turn()
    t.false(done)
    t.is(pool.running, 1)
    factory.closing[0]!.gate.open()
    await ended
    t.is(pool.running, 0)
  })
}

test('a failing dispose is a warning, and its worker is gone', async (t) => {
  const error = new Error('will not close')
  for (const dispose of [
    () => {
      throw error
    },
    () => Promise.reject(error),
  ]) {
    const logger = new Recorder()
    const pool = Pool.create({ size: 2, init: () => 0, dispose, logger })
    await occupy(pool, 2).finish()
    await pool.close()
    t.is(pool.running, 0)
    t.is(logger.at('warn').length, 2)
    t.true(logger.at('warn').every((entry) => shows(entry, error)))
    t.is(logger.complaints.length, 2)
  }
})

test('isBroken is asked about failures only; what is broken is disposed of and replaced', async (t) => {
  const factory = counting()
  const asked: [unknown, number][] = []
  const lost = new Error('connection lost')
  const pool = Pool.create({
    size: 1,
    ...factory.options,
    isBroken(error, resource) {
      asked.push([error, resource])
      return error === lost
    },
  })
  await pool.submit(() => 'fine')
  t.deepEqual(asked, [])
  const harmless = new Error('no such row')
  await rejection(pool.submit(() => Promise.reject(harmless)))
  t.is(await pool.submit(({ resource }) => resource), 0)
  await rejection(pool.submit(() => Promise.reject(lost)))
  t.deepEqual(factory.disposed, [0])
  t.is(await pool.submit(({ resource }) => resource), 1)
  const thrown = pool.submit(() => {
    throw lost
  })
  t.is(await rejection(thrown), lost)
  t.is(await pool.submit(({ resource }) => resource), 2)
  t.deepEqual(asked, [
    [harmless, 0],
    [lost, 0],
    [lost, 1],
  ])
})

test('without isBroken a resource outlives failures', async (t) => {
  const factory = counting()
  const pool = Pool.create({ size: 1, ...factory.options })
  await rejection(pool.submit(() => Promise.reject(new Error('fails'))))
  t.is(await pool.submit(({ resource }) => resource), 0)
})

test('an isBroken that throws means broken', async (t) => {
  const factory = counting()
  const pool = Pool.create({
    size: 1,
    ...factory.options,
    logger: new Recorder(),
    isBroken() {
      throw new Error('cannot tell')
    },
  })
  const error = new Error('fails')
  t.is(await rejection(pool.submit(() => Promise.reject(error))), error)
  t.deepEqual(factory.disposed, [0])
  t.is(await pool.submit(({ resource }) => resource), 1)
})

test('a resource that broke after its task was aborted is replaced, too', async (t) => {
  const factory = counting()
  const pool = Pool.create({ size: 1, ...factory.options, isBroken: () => true })
  const controller = new AbortController()
  const end = gate()
  const task = pool.submit(() => end.promise, { signal: controller.signal })
  const next = pool.submit(({ resource }) => resource)
  controller.abort('stop')
  t.is(await rejection(task), 'stop')
  end.fail(new Error('broke while it was being aborted'))
  t.is(await next, 1)
  t.deepEqual(factory.disposed, [0])
})

test('release while a worker boots rejects its task; the resource is disposed of when it comes', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options })
  const task = pool.submit(() => t.fail('it ran'))
  pool.release()
  t.true((await rejection(task)) instanceof PoolClosedError)
  t.is(pool.waiting, 0)
  let done = false
  const ended = pool.releaseTimeout(60_000).then(() => (done = true))
  factory.opening[0]!.open({ id: 5 })
  await until(() => factory.closing.length === 1, 'it is disposed of')
  t.false(done)
  t.is(factory.closing[0]!.connection.id, 5)
  factory.closing[0]!.gate.open()
  await ended
  t.is(pool.running, 0)
})

test('an init that fails after release is no failure of anybody', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, logger: new Recorder(), ...factory.options })
  const task = pool.submit(() => t.fail('it ran'))
  pool.release()
  await rejection(task)
  factory.opening[0]!.fail(new Error('too late'))
  await pool.close()
  t.is(pool.running, 0)
  t.is(factory.closing.length, 0)
  const { failed, rejected } = pool.stats()
  t.deepEqual({ failed, released: rejected.released }, { failed: 0, released: 1 })
})

test('a worker that boots for an old generation does not count in the new one', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options })
  const old = pool.submit(() => t.fail('it ran'))
  pool.release()
  pool.reboot()
  await rejection(old)
  const young = pool.submit(({ resource }) => resource.id)
  t.is(factory.opening.length, 2)
  factory.opening[0]!.open({ id: 0 })
  await until(() => factory.closing.length === 1, 'the old one is disposed of')
  factory.closing[0]!.gate.open()
  t.deepEqual([pool.running, pool.busy, pool.waiting], [1, 1, 1])
  factory.opening[1]!.open({ id: 1 })
  t.is(await young, 1)
})

test('tune below the booting workers retires the surplus when it is ready', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 3, ...factory.options })
  const tasks = [1, 2, 3].map(() => pool.submit(({ resource }) => resource.id))
  pool.tune(1)
  factory.opening.forEach(({ open }, id) => open({ id }))
  await until(() => factory.closing.length === 2, 'two are disposed of')
  factory.closing.forEach(({ gate: closed }) => closed.open())
  const ids = await Promise.all(tasks)
  t.is(new Set(ids).size, 1)
  await until(() => pool.running === 1, 'one is left')
  t.is(factory.opening.length, 3)
})

test('preAlloc makes no resource ahead', async (t) => {
  const factory = counting()
  const pool = Pool.create({ size: 4, preAlloc: true, ...factory.options })
  t.is(factory.made.length, 0)
  await pool.submit(() => 0)
  t.is(factory.made.length, 1)
})

test('never more live resources than capacity', async (t) => {
  let live = 0
  let most = 0
  const pool = Pool.create({
    size: 5,
    expiry: 1,
    async init() {
      most = Math.max(most, ++live)
      await turn()
    },
    async dispose() {
      await turn()
      live--
    },
    isBroken: () => true,
  })
  for (let round = 0; round < 20; round++) {
    const tasks = Array.from({ length: 20 }, (_, i) =>
      pool.submit(async () => {
        await turn()
        if (i % 3 === 0) throw new Error('broken')
      }),
    )
    await Promise.allSettled(tasks)
  }
  t.true(most <= 5, `${most} were alive at once`)
  await pool.close()
  t.is(live, 0)
})

test('a worker that is being disposed of is neither idle nor available, however it came to that', async (t) => {
  const ways = {
    broken: async (pool: Pool<Connection>) =>
      void (await rejection(pool.submit(() => Promise.reject(new Error('lost'))))),
    expired: async () => {},
    reported: async (pool: Pool<Connection>) =>
      void (await rejection(
        pool.submit(() => {
          throw new Error('lost')
        }),
      )),
  }
  for (const [way, act] of Object.entries(ways)) {
    const factory = manual()
    const expiry = way === 'expired' ? 5 : Infinity
    const pool = Pool.create({ size: 1, expiry, ...factory.options, isBroken: () => true })
    const first = pool.submit(() => 0)
    factory.opening[0]!.open({ id: 0 })
    await first
    await act(pool)
    await until(() => factory.closing.length === 1, 'it is disposed of')
    const { running, busy, idle, available, free } = pool.stats()
    t.deepEqual({ running, busy, idle, available, free }, { running: 1, busy: 1, idle: 0, available: 0, free: 0 }, way)
    t.deepEqual(contradictions(pool.stats()), [])
    t.true((await rejection(pool.submit(() => t.fail('it ran'), { waitTimeout: 0 }))) instanceof WaitTimeoutError)
    factory.closing[0]!.gate.open()
    await until(() => pool.running === 0, 'it is gone')
    t.is(pool.available, 1)
  }
})

test('drain waits for what is being disposed of, as that is busy', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 1, ...factory.options, isBroken: () => true })
  const failing = rejection(pool.submit(() => Promise.reject(new Error('lost'))))
  factory.opening[0]!.open({ id: 0 })
  await failing
  let isDrained = false
  const drained = pool.drain().then(() => (isDrained = true))
  await turn()
  t.false(isDrained)
  factory.closing[0]!.gate.open()
  await drained
  t.is(pool.busy, 0)
})

test('whatever happens to resources, the numbers agree, and what is available starts or boots', async (t) => {
  const factory = manual()
  const pool = Pool.create({ size: 3, expiry: Infinity, ...factory.options, isBroken: () => true })
  const gates: Gate[] = []
  const settled: Promise<unknown>[] = []
  const steps = [
    () => {
      const end = gate()
      const would = pool.available > 0
      const task = pool.submit(() => (gates.push(end), end.promise), { waitTimeout: 0 })
      const failed = (error: unknown) =>
        t.false(error instanceof WaitTimeoutError && would, 'nothing was available after all')
      settled.push(task.then(() => {}, failed))
    },
    () => factory.opening.shift()?.open({ id: 0 }),
    () => gates.shift()?.open(),
    () => gates.shift()?.fail(new Error('broken')),
    () => factory.closing.shift()?.gate.open(),
    () => pool.tune(1 + (settled.length % 4)),
  ]
  let seed = 7
  for (let i = 0; i < 600; i++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    steps[Math.floor(seed / 8) % steps.length]!()
    t.deepEqual(contradictions(pool.stats()), [])
    if (i % 7 === 0) await turn()
  }
  pool.release()
  for (let i = 0; i < 40 && pool.running > 0; i++) {
    for (const step of steps.slice(1, 5)) step()
    await turn()
  }
  await pool.close()
  await Promise.all(settled)
})

// ── disposeTimeout ──────────────────────────────────────────────────────────────────────────────────────────────────

test('a dispose that does not settle in time gives its slot back, and is a warning with worker and time', async (t) => {
  const factory = manual()
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, disposeTimeout: 20, logger, ...factory.options, isBroken: () => true })
  const failing = rejection(pool.submit(() => Promise.reject(new Error('lost'))))
  const since = performance.now()
  factory.opening[0]!.open({ id: 0 })
  await failing
  const next = pool.submit(({ resource }) => resource.id)
  await until(() => factory.opening.length === 2, 'a new one takes its place')
  t.true(performance.now() - since >= 18)
  t.is(logger.complaints.length, 1)
  t.like(logger.at('warn')[0], { obj: { worker: 0, disposeTimeout: 20 } })
  t.regex(String(logger.at('warn')[0]!.msg), /dispose .* 20 ms/)
  factory.opening[1]!.open({ id: 1 })
  t.is(await next, 1)

  for (const late of [
    () => factory.closing[0]!.gate.open(),
    () => factory.closing[0]!.gate.fail(new Error('too late')),
  ]) {
    late()
    await turn()
  }
  t.is(logger.complaints.length, 1, 'its late end is no news')
  t.is(logger.at('debug').length, 1)
  const { running, busy, workers } = pool.stats()
  t.deepEqual({ running, busy, retired: workers.retired }, { running: 1, busy: 0, retired: 1 })
  t.is(await pool.submit(({ resource }) => resource.id), 1)
})

test('a late failure of a dispose that took too long is told at debug, with its error', async (t) => {
  const error = new Error('would not close')
  const closed = gate()
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, disposeTimeout: 5, logger, init: () => 0, dispose: () => closed.promise })
  await pool.submit(() => 0)
  await pool.close()
  closed.fail(error)
  await until(() => logger.at('debug').length === 1, 'it is told')
  t.true(shows(logger.at('debug')[0]!, error))
  t.is(logger.complaints.length, 1)
})

for (const verb of ['close', 'releaseTimeout', 'drain'] as const) {
  test(`${verb} ends when the time of a dispose that never settles is over`, async (t) => {
    const logger = new Recorder()
    const pool = Pool.create({
      size: 3,
      disposeTimeout: 20,
      logger,
      init: () => 0,
      dispose: () => new Promise(() => {}),
    })
    await occupy(pool, 3).finish()
    const since = performance.now()
    if (verb === 'drain') pool.release()
    await (verb === 'releaseTimeout' ? pool.releaseTimeout(60_000) : pool[verb]())
    t.true(performance.now() - since >= 18)
    t.is(pool.running, 0)
    t.is(logger.complaints.length, 3)
    pool.reboot()
    t.is(await pool.submit(({ resource }) => resource), 0)
  })
}

test('a dispose in time is not timed, and one that ends at the last moment is told once', async (t) => {
  const logger = new Recorder()
  let ends = 0
  const dispose = () => new Promise<void>((resolve) => setTimeout(() => (ends++, resolve()), 4 + (ends % 3)))
  const pool = Pool.create({ size: 8, disposeTimeout: 5, logger, init: () => 0, dispose, isBroken: () => true })
  for (let i = 0; i < 40; i++) {
    await Promise.all(Array.from({ length: 8 }, () => rejection(pool.submit(() => Promise.reject(new Error('lost'))))))
    t.deepEqual(contradictions(pool.stats()), [])
  }
  await pool.close()
  await until(() => ends === 320, 'all have ended')
  await turn()
  t.is(logger.at('warn').length, logger.at('debug').length)
  t.is(pool.stats().workers.retired, 320)
  t.is(pool.running, 0)
})

test('a dispose that blocks the event loop for longer than its time has ended all the same', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, disposeTimeout: 1, logger, init: () => 0, dispose: () => block(20) })
  await pool.submit(() => 0)
  await pool.close()
  await turn()
  t.is(pool.running, 0)
  t.deepEqual(logger.at('debug'), [])
})

test('disposeTimeout without dispose is refused, and so is what is no time', (t) => {
  const create = Pool.create as (options: object) => unknown
  for (const options of [{ disposeTimeout: 5 }, { disposeTimeout: 5, init: () => 0 }]) {
    t.throws(() => create(options), { code: 'ERR_POOL_OPTION', message: /disposeTimeout needs init and dispose/ })
  }
  const resource = { init: () => 0, dispose: () => 0 }
  for (const disposeTimeout of [0, -1, NaN, Infinity, 2 ** 31]) {
    t.throws(() => create({ ...resource, disposeTimeout }), {
      instanceOf: RangeError,
      code: 'ERR_POOL_OPTION',
      message: /disposeTimeout must be/,
    })
  }
  for (const disposeTimeout of ['5', null, 5n]) {
    t.throws(() => create({ ...resource, disposeTimeout }), {
      instanceOf: TypeError,
      code: 'ERR_POOL_OPTION',
      message: /disposeTimeout must be/,
    })
  }
  create({ ...resource, disposeTimeout: 2 ** 31 - 1 })
  create({ ...resource, disposeTimeout: undefined })
})
