// Every isolate that asks for the name of a shared pool gets a face of it: one capacity, one queue, one set of counters.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'

import test from 'ava'
import { Pool, PoolClosedError, PoolOverloadError, type PoolOptions } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { Remote } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

let names = 0
/** A name that no other test has. */
const fresh = () => `shared ${++names}`
const face = (name: string, options: PoolOptions = {}) => Pool.create({ name, shared: true, ...options })

/** Starts isolates that have a face of the pool as `kept.pool`. */
async function join(count: number, name: string, options: PoolOptions = {}): Promise<Remote[]> {
  const remotes = await Remote.starting(count)
  const create = (remote: Remote) =>
    remote.run(
      ({ Pool, kept }, name, options) => void (kept.pool = Pool.create({ name, shared: true, ...options })),
      name,
      options,
    )
  await Promise.all(remotes.map(create))
  return remotes
}

// ── one capacity ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** How many tasks each of up to seven isolates runs, a byte each, so that one atomic read sees them all; the eighth says who dies. */
const BYTE = 8n
const DYING = 7n

test.serial(
  'five isolates never run more than the capacity and lose nothing, also when one of them is terminated, 50 times over',
  async (t) => {
    t.timeout(50_000)
    const name = fresh()
    const pool = face(name, { size: 3 })
    const survivors = await join(4, name)
    const running = new BigInt64Array(new SharedArrayBuffer(8))
    const worst = new Int32Array(new SharedArrayBuffer(4))
    const work = async (
      { kept, turn, port }: any,
      lane: number,
      running: BigInt64Array,
      worst: Int32Array,
      tasks: number,
      announceAt: number,
    ): Promise<number> => {
      const one = 1n << (8n * BigInt(lane))
      let started = 0
      const look = (lanes: bigint) => {
        const dying = (lanes >> 56n) & 255n
        let sum = 0
        for (let each = 0n; each < 7n; each++)
          if (dying === 0n || each !== dying) sum += Number((lanes >> (8n * each)) & 255n)
        for (let seen = Atomics.load(worst, 0); sum > seen; seen = Atomics.load(worst, 0))
          Atomics.compareExchange(worst, 0, seen, sum)
      }
      const task = async () => {
        look(Atomics.add(running, 0, one) + one)
        if (++started === announceAt) port.postMessage({ id: -1 })
        await turn()
        Atomics.sub(running, 0, one)
        return 1
      }
      const results: number[] = await Promise.all(Array.from({ length: tasks }, () => kept.pool.submit(task)))
      return results.length
    }
    const create = ({ Pool, kept }: any, name: string) => void (kept.pool = Pool.create({ name, shared: true }))

    const TASKS = 20
    let [completed, killed] = [0, 0]
    let next = Remote.start()
    for (let round = 0; round < 50; round++) {
      const victim = await next
      await victim.run(create, name)
      Atomics.store(running, 0, 0n)
      const middle = victim.announcement()
      const results = survivors.map((remote, lane) => remote.run(work, lane, running, worst, TASKS, 0))
      void victim.run(work, 4, running, worst, TASKS * 3, 1 + (round % 5)).catch(() => {})
      await middle
      Atomics.or(running, 0, 4n << (BYTE * DYING))
      await victim.terminate()
      killed++
      for (const count of await Promise.all(results)) completed += count
      await until(() => pool.stats().unsettled === 0, 'the tasks of the dead isolate end')
      t.is(pool.busy, 0)
      next = Remote.start()
    }
    await (await next).terminate()
    t.is(completed, 50 * 4 * TASKS)
    t.is(killed, 50)
    t.true(Atomics.load(worst, 0) <= 3, `${Atomics.load(worst, 0)} ran at once`)
    const stats = pool.stats()
    t.deepEqual(contradictions(stats), [])
    t.is(stats.completed + stats.cancelled, stats.submitted)
    t.true(stats.completed >= completed && stats.peakBusy === 3)
    t.true(stats.cancelled > 0, 'some were terminated in the middle')
    await Promise.all(survivors.map((remote) => remote.terminate()))
  },
)

test.serial('under equal load every isolate gets its share', async (t) => {
  const COUNT = 4
  const name = fresh()
  face(name, { size: 3 })
  const remotes = await join(COUNT, name)
  // Per isolate the tasks inside the window, then: isolates that are warm, tasks in the window.
  const cells = new Int32Array(new SharedArrayBuffer(4 * (COUNT + 2)))
  const load = async (
    { kept, delay }: any,
    own: number,
    count: number,
    cells: Int32Array,
    total: number,
  ): Promise<void> => {
    let done = 0
    const task = async () => {
      // Tasks that wait for a timer: the queue decides who is next, and not who gets the processor.
      await delay(1)
      if (++done === 20) Atomics.add(cells, count, 1)
      if (Atomics.load(cells, count) < count) return true
      const seen = Atomics.add(cells, count + 1, 1)
      if (seen < total) Atomics.add(cells, own, 1)
      return seen < total
    }
    const loop = async () => {
      while (await kept.pool.submit(task));
    }
    await Promise.all(Array.from({ length: 8 }, loop))
  }
  const TOTAL = 1_600
  await Promise.all(remotes.map((remote, own) => remote.run(load, own, COUNT, cells, TOTAL)))
  const shares = Array.from(cells.subarray(0, COUNT))
  t.is(
    shares.reduce((sum, share) => sum + share),
    TOTAL,
  )
  const fair = TOTAL / COUNT
  for (const share of shares) t.true(Math.abs(share - fair) <= fair * 0.2, `shares ${shares.join()}`)
  await Promise.all(remotes.map((remote) => remote.terminate()))
})

// ── options ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const show = (options: PoolOptions) => inspect(options, { breakLength: Infinity, depth: 0 })
const made: PoolOptions = { size: 5, expiry: 500, preAlloc: true, nonblocking: true, maxBlockingTasks: 9 }
const disagreements: [made: PoolOptions, asked: PoolOptions, option: string, given: string, agreed: string][] = [
  [made, { size: 6 }, 'size', '6', '5'],
  [made, { size: Infinity }, 'size', 'Infinity', '5'],
  [made, { size: 256 }, 'size', '256', '5'],
  [made, { expiry: 501 }, 'expiry', '501', '500'],
  [made, { expiry: Infinity }, 'expiry', 'Infinity', '500'],
  [made, { expiry: 1_000 }, 'expiry', '1000', '500'],
  [made, { disablePurge: true }, 'disablePurge', 'true', 'false'],
  [made, { disablePurge: true, expiry: 500 }, 'disablePurge', 'true', 'false'],
  [made, { preAlloc: false }, 'preAlloc', 'false', 'true'],
  [made, { nonblocking: false }, 'nonblocking', 'false', 'true'],
  [made, { maxBlockingTasks: 8 }, 'maxBlockingTasks', '8', '9'],
  [made, { maxBlockingTasks: 0 }, 'maxBlockingTasks', '0', '9'],
  [{}, { size: 255 }, 'size', '255', '256'],
  [{}, { expiry: 999 }, 'expiry', '999', '1000'],
  [{}, { preAlloc: true }, 'preAlloc', 'true', 'false'],
  [{}, { nonblocking: true }, 'nonblocking', 'true', 'false'],
  [{}, { maxBlockingTasks: 1 }, 'maxBlockingTasks', '1', '0'],
  [{ size: -1 }, { size: 4 }, 'size', '4', 'Infinity'],
  [{ disablePurge: true }, { expiry: 1_000 }, 'expiry', '1000', 'Infinity'],
  [{ disablePurge: true }, { disablePurge: false }, 'disablePurge', 'false', 'true'],
]
for (const [makes, asks, option, given, agreed] of disagreements) {
  test(`${show(makes)} and ${show(asks)} disagree, and that leaves nothing behind`, async (t) => {
    const name = fresh()
    const pool = face(name, makes)
    t.throws(() => face(name, asks), {
      instanceOf: TypeError,
      code: 'ERR_POOL_OPTION',
      message: `${option} is ${given}, but the shared pool ${name} was made with ${option} ${agreed}`,
    })
    t.false(pool.isClosed)
    // No face is left of it: this one is the last.
    await pool[Symbol.asyncDispose]()
    t.true(pool.isClosed)
    t.notThrows(() => face(name, asks), 'the name is free')
  })
}

const agreements: [made: PoolOptions, asked: PoolOptions][] = [
  [made, {}],
  [made, made],
  [{}, { size: 256, expiry: 1_000, disablePurge: false, preAlloc: false, nonblocking: false, maxBlockingTasks: 0 }],
  [{ size: -1 }, { size: Infinity }],
  [{ size: Infinity }, { size: -1 }],
  [{ expiry: Infinity }, { disablePurge: true }],
  [{ disablePurge: true }, { expiry: Infinity, disablePurge: true }],
  [{ disablePurge: true, expiry: 10 }, { expiry: Infinity }],
  [made, { panicHandler: () => 0, logger: new Recorder(), signal: new AbortController().signal }],
  [made, { size: undefined, expiry: undefined }],
]
for (const [makes, asks] of agreements) {
  test(`${show(makes)} and ${show(asks)} agree`, (t) => {
    const name = fresh()
    const pool = face(name, makes)
    pool.tune(77)
    t.is(face(name, asks).capacity, 77, 'whatever was tuned since')
  })
}

test('options that disagree are refused in another isolate, too', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 4 })
  const remote = await Remote.start()
  const error = await rejection(remote.run(({ Pool }, name) => void Pool.create({ name, shared: true, size: 5 }), name))
  t.is(error.code, 'ERR_POOL_OPTION')
  t.regex(error.message, /size is 5.*size 4/)
  t.is(await pool.submit(() => 'well'), 'well')
  await remote.terminate()
})

test('shared needs a name and has no init', (t) => {
  for (const options of [
    { shared: true },
    { shared: true, name: undefined },
    { shared: true, name: 'x', init: () => 0 },
  ]) {
    t.throws(() => Pool.create(options), { instanceOf: TypeError, code: 'ERR_POOL_OPTION' })
  }
  t.notThrows(() => Pool.create({ shared: false, init: () => 0 }))
})

test('pools that are not shared have a name each for themselves', (t) => {
  const name = fresh()
  const shared = face(name, { size: 3 })
  const own = Pool.create({ name, size: 4 })
  t.deepEqual([shared.capacity, own.capacity], [3, 4])
})

// ── verbs ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('verbs, getters and stats are those of the one pool', async (t) => {
  const name = fresh()
  const [a, b] = [face(name, { size: 2 }), face(name)]
  const [remote] = await join(1, name)
  const seen = () =>
    remote!.run(({ kept }) => ({
      stats: kept.pool.stats(),
      capacity: kept.pool.capacity,
      isClosed: kept.pool.isClosed,
    }))

  const occupants = occupy(a, 3)
  t.is(b.busy, 2)
  t.is(b.waiting, 1)
  t.deepEqual((await seen()).stats, a.stats())
  b.tune(3)
  t.is(a.busy, 3)
  t.is((await seen()).capacity, 3)
  await remote!.run(({ kept }) => kept.pool.tune(4))
  t.is(a.capacity, 4)

  const drained = b.drain()
  await occupants.finish()
  await drained
  await remote!.run(({ kept }) => kept.pool.release())
  t.true(a.isClosed)
  t.true(b.isClosed)
  t.is((await rejection(a.submit(() => 0))).code, 'ERR_POOL_CLOSED')
  b.reboot()
  t.is(a.stats().generation, 2)
  t.false((await seen()).isClosed)
  t.is(await a.submit(() => 'open'), 'open')
  await remote!.run(({ kept }) => kept.pool.close())
  t.true(a.isClosed)
  t.deepEqual((await seen()).stats, b.stats())
  await remote!.terminate()
})

test('release from another isolate rejects what waits and lets finish what runs', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 1 })
  const [remote] = await join(1, name)
  const end = gate()
  const [running, waiting] = [pool.submit(() => end.promise), pool.submit(() => 0)]
  const refused = rejection(waiting)
  await remote!.run(({ kept }) => kept.pool.release())
  t.true((await refused) instanceof PoolClosedError)
  const ended = remote!.run(({ kept }) => kept.pool.releaseTimeout(8_000))
  end.open()
  await running
  await ended
  t.is(pool.stats().rejected.released, 1)
  await remote!.terminate()
})

test('a face of a closed pool is closed, and reboot opens it for all', async (t) => {
  const name = fresh()
  const first = face(name, { size: 1 })
  first.release()
  const second = face(name)
  t.true(second.isClosed)
  t.true((await rejection(second.submit(() => 0))) instanceof PoolClosedError)
  const [remote] = await join(1, name)
  t.true(await remote!.run(({ kept }) => kept.pool.isClosed as boolean))
  second.reboot()
  t.false(first.isClosed)
  t.is(await remote!.run(({ kept }) => kept.pool.submit(() => 'ran')), 'ran')
  await remote!.terminate()
})

test("a face's signal is its own: its tasks abort, the pool is released for all", async (t) => {
  const name = fresh()
  const controller = new AbortController()
  const [a, b] = [face(name, { signal: controller.signal }), face(name)]
  const end = gate()
  const signals: AbortSignal[] = []
  const tasks = [a, b].map((pool) =>
    pool.submit(({ signal }) => {
      signals.push(signal)
      return end.promise
    }),
  )
  controller.abort()
  t.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  )
  t.true(b.isClosed)
  t.throws(() => a.reboot(), { instanceOf: PoolClosedError })
  b.reboot()
  end.open()
  await Promise.all(tasks)
})

// ── leaving ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a face that leaves refuses tasks and waits for its own, and the others go on', async (t) => {
  const name = fresh()
  const [a, b] = [face(name, { size: 2 }), face(name)]
  const own = occupy(a, 1)
  const others = occupy(b, 2)
  const late = a.submit(() => 'accepted before')
  let hasLeft = false
  const left = a[Symbol.asyncDispose]().then(() => (hasLeft = true))

  t.true(a.isClosed)
  t.false(b.isClosed)
  t.true((await rejection(a.submit(() => 0))) instanceof PoolClosedError)
  t.throws(() => a.execute(() => 0), { instanceOf: PoolClosedError })
  t.false(a.tryExecute(() => 0))
  t.throws(() => a.reboot(), { instanceOf: PoolClosedError })

  await own.finish()
  await turn()
  t.false(hasLeft, 'a task of its own still waits')
  others.gates[0]!.open()
  t.is(await late, 'accepted before')
  await left
  t.is(b.busy, 1, 'it did not wait for those of the others')
  t.is(await b.submit(() => 'goes on'), 'goes on')
  t.throws(() => a.reboot(), { instanceOf: PoolClosedError })
  await others.finish()
})

test('leaving waits for a closure whose task has settled', async (t) => {
  const name = fresh()
  const [a] = [face(name), face(name)]
  const end = gate()
  const task = a.submit(() => end.promise, { timeout: 1 })
  t.is((await rejection(task)).code, 'ERR_POOL_TASK_TIMEOUT')
  let hasLeft = false
  const left = a[Symbol.asyncDispose]().then(() => (hasLeft = true))
  await turn()
  t.false(hasLeft)
  end.open()
  await left
})

test('the last face to leave closes: then the name is free for a new pool with other options', async (t) => {
  const name = fresh()
  const [a, b] = [face(name, { size: 2 }), face(name)]
  await a.submit(() => 0)
  const occupants = occupy(b, 3)
  await a[Symbol.asyncDispose]()
  t.false(b.isClosed)
  const left = b[Symbol.asyncDispose]()
  t.true(b.isClosed)
  const third = face(name)
  t.true(third.isClosed, 'a face of the closed pool, as the last one has not gone yet')
  await occupants.finish()
  await left
  t.is(third.running, 0)
  await third[Symbol.asyncDispose]()

  const next = face(name, { size: 7, nonblocking: true })
  t.like(next.stats(), { capacity: 7, generation: 1, submitted: 0, isClosed: false })
  t.is(await next.submit(() => 'new'), 'new')
  t.is(b.stats().submitted, 4, 'what has left still shows the old one')
})

test('the last one waits for the tasks of those who leave before it', async (t) => {
  const name = fresh()
  const [a, b] = [face(name), face(name)]
  const occupants = occupy(a, 1)
  const events: string[] = []
  const leaving = [
    a[Symbol.asyncDispose]().then(() => events.push('a')),
    b[Symbol.asyncDispose]().then(() => events.push('b')),
  ]
  await turn()
  t.deepEqual(events, [])
  await occupants.finish()
  await Promise.all(leaving)
  t.is(a.running, 0)
})

test('leaving twice, and every verb that waits, settle after a face has left', async (t) => {
  const name = fresh()
  const [a, b] = [face(name), face(name)]
  const occupants = occupy(b, 1)
  await Promise.all([a[Symbol.asyncDispose](), a[Symbol.asyncDispose]()])
  await a[Symbol.asyncDispose]()
  const drained = a.drain()
  await occupants.finish()
  await drained
  await a.close()
  t.true(b.isClosed, 'verbs act on the pool, for all')
  await a.releaseTimeout(1_000)
  await b[Symbol.asyncDispose]()
  await b[Symbol.asyncDispose]()
  await Promise.all([b.drain(), b.close(), b.releaseTimeout(1_000)])
})

test('what a face had begun to wait for before it left it still learns', async (t) => {
  const name = fresh()
  const [a, b] = [face(name), face(name)]
  const occupants = occupy(b, 1)
  const drained = a.drain()
  const closed = a.close()
  await a[Symbol.asyncDispose]()
  await occupants.finish()
  await drained
  await closed
  t.is(b.busy, 0)
})

test('a dead isolate leaves: the last living face closes the pool', async (t) => {
  const name = fresh()
  const pool = face(name)
  const [remote] = await join(1, name)
  await remote!.terminate()
  await pool[Symbol.asyncDispose]()
  t.is(face(name, { size: 3 }).capacity, 3)
})

test('a pool whose faces are all in dead isolates is gone', async (t) => {
  const name = fresh()
  const remotes = await join(2, name, { size: 9 })
  await remotes[0]!.run(({ kept }) => void kept.pool.submit(() => new Promise(() => {})))
  await Promise.all(remotes.map((remote) => remote.terminate()))
  t.like(face(name, { size: 3 }).stats(), { capacity: 3, submitted: 0 })
})

test('faces come and go in many isolates at once', async (t) => {
  const name = fresh()
  const remotes = await Remote.starting(3)
  const visit = async ({ Pool, turn }: any, name: string): Promise<number> => {
    let ran = 0
    for (let i = 0; i < 200; i++) {
      const pool = Pool.create({ name, shared: true, size: 2 })
      const tasks = [1, 2, 3].map(() =>
        pool
          .submit(() => turn(), { priority: i % 2 })
          .then(
            () => ran++,
            () => ran++,
          ),
      )
      await pool[Symbol.asyncDispose]()
      await Promise.all(tasks)
    }
    return ran
  }
  const ran = await Promise.all(remotes.map((remote) => remote.run(visit, name)))
  t.deepEqual(ran, [600, 600, 600])
  t.like(face(name, { size: 1 }).stats(), { submitted: 0, generation: 1 }, 'the last one has closed, whoever it was')
  await Promise.all(remotes.map((remote) => remote.terminate()))
})

// ── death ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

test("a dead isolate's tasks count as cancelled: waiting ones leave the queue, workers return", async (t) => {
  const name = fresh()
  const pool = face(name, { size: 3 })
  const [remote] = await join(1, name)
  await remote!.run(({ kept }) => {
    const never = () => new Promise<never>(() => {})
    for (let i = 0; i < 6; i++)
      kept.pool.submit(never, { priority: i % 3, waitTimeout: 60_000, timeout: 60_000 }).catch(() => {})
    kept.pool.execute(never)
  })
  t.like(pool.stats(), { busy: 3, waiting: 4, unsettled: 7 })
  const own = [1, 2, 3, 4].map((i) => pool.submit(() => i))
  await remote!.terminate()
  t.deepEqual(await Promise.all(own), [1, 2, 3, 4])
  const stats = pool.stats()
  t.like(stats, { busy: 0, waiting: 0, unsettled: 0, cancelled: 7, completed: 4 })
  t.deepEqual(contradictions(stats), [])
})

test('a task that was handed to an isolate which dies before it looks costs no worker', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 1 })
  const [remote] = await join(1, name)
  const end = gate()
  const first = pool.submit(() => end.promise)
  const blocked = new Int32Array(new SharedArrayBuffer(4))
  void remote!.run(({ kept }, blocked) => {
    kept.pool.submit(() => 0).catch(() => {})
    Atomics.store(blocked, 0, 1)
    Atomics.notify(blocked, 0)
    for (;;);
  }, blocked)
  await until(() => Atomics.load(blocked, 0) === 1 && pool.waiting === 1, 'its task waits, and it is busy')
  end.open()
  await first
  t.like(pool.stats(), { busy: 1, waiting: 0, unsettled: 1 }, 'the task has been handed over')
  const next = pool.submit(() => 'ran')
  await remote!.terminate()
  t.is(await next, 'ran')
  t.like(pool.stats(), { busy: 0, cancelled: 1, completed: 2 })
})

test('the end of an isolate hands its workers to the tasks of several others', async (t) => {
  const name = fresh()
  const [dying, ...others] = await join(3, name, { size: 4 })
  await dying!.run(({ kept }) => {
    for (let i = 0; i < 8; i++) kept.pool.submit(() => new Promise(() => {})).catch(() => {})
  })
  const results = others.map((remote) =>
    remote.run(({ kept, turn }) => Promise.all([1, 2, 3, 4].map(() => kept.pool.submit(() => turn('ran'))))),
  )
  const pool = face(name)
  await until(() => pool.waiting === 12, 'all wait')
  await dying!.terminate()
  t.deepEqual((await Promise.all(results)).flat(), Array(8).fill('ran'))
  await Promise.all(others.map((remote) => remote.terminate()))
})

// ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a task runs in its origin, in the async context of its submit', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 1 })
  const [remote] = await join(1, name)
  const storage = new AsyncLocalStorage<string>()
  const end = gate()
  const blocker = pool.submit(() => end.promise)
  const here = ['one', 'two'].map((store) => storage.run(store, () => pool.submit(async () => storage.getStore())))
  const there = remote!.run(({ kept, AsyncLocalStorage }) => {
    const storage = new AsyncLocalStorage<string>()
    const submit = (store: string) => storage.run(store, () => kept.pool.submit(() => storage.getStore()))
    kept.submitted = true
    return Promise.all([submit('three'), submit('four')])
  })
  await until(() => pool.waiting === 4, 'all wait')
  const last = storage.run('five', () => pool.submit(() => storage.getStore()))
  // The finisher's own context, and the bell's, are none of theirs.
  storage.run('finisher', end.open)
  await blocker
  t.deepEqual(await Promise.all([...here, last]), ['one', 'two', 'five'])
  t.deepEqual(await there, ['three', 'four'])
  await remote!.terminate()
})

test('tasks start in the order of priority and arrival, whichever isolate they come from', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 1 })
  const remotes = await join(2, name)
  const occupant = occupy(pool, 1)
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const submit = ({ kept, delay }: any, clock: Int32Array, priority: number) => {
    ;(kept.ranks ??= []).push(
      kept.pool.submit(
        async () => {
          const rank = Atomics.add(clock, 0, 1)
          await delay(0)
          return rank
        },
        { priority },
      ),
    )
  }
  const order: [remote: number, priority: number][] = [
    [0, 2],
    [1, 1],
    [0, 1],
    [1, 0],
    [1, 2],
    [0, 0],
    [1, 1],
    [0, 1],
  ]
  for (const [index, priority] of order) await remotes[index]!.run(submit, clock, priority)
  await occupant.finish()
  const ranks = await Promise.all(
    remotes.map((remote) => remote.run(({ kept }) => Promise.all(kept.ranks as Promise<number>[]))),
  )
  t.deepEqual(ranks, [
    [6, 3, 1, 5],
    [2, 0, 7, 4],
  ])
  await Promise.all(remotes.map((remote) => remote.terminate()))
})

test('waitTimeout, timeout and signal work while another isolate has the workers', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 1 })
  const [remote] = await join(1, name)
  await remote!.run(({ kept, gate }) => {
    kept.end = gate()
    kept.task = kept.pool.submit(() => kept.end.promise)
  })
  t.is((await rejection(pool.submit(() => 0, { waitTimeout: 5 }))).code, 'ERR_POOL_WAIT_TIMEOUT')
  t.is((await rejection(pool.submit(() => 0, { waitTimeout: 0 }))).code, 'ERR_POOL_WAIT_TIMEOUT')
  const controller = new AbortController()
  const aborted = rejection(pool.submit(() => t.fail('it never runs'), { signal: controller.signal }))
  controller.abort('a reason')
  t.is(await aborted, 'a reason')

  // Handed over by the other isolate, and only then limited or aborted.
  const { signal, abort } = (() => {
    const other = new AbortController()
    return { signal: other.signal, abort: () => other.abort('while it ran') }
  })()
  const never = () => new Promise<never>(() => {})
  const slow = rejection(
    pool.submit(({ signal }) => new Promise<void>((end) => signal.addEventListener('abort', () => end())), {
      timeout: 5,
    }),
  )
  const running = rejection(pool.submit(() => (setImmediate(abort), never()), { signal }))
  await remote!.run(({ kept }) => (kept.end.open(), kept.task))
  t.is((await slow).code, 'ERR_POOL_TASK_TIMEOUT')
  t.is(await running, 'while it ran')
  t.like(pool.stats(), { timedOut: 1, cancelled: 2, unsettled: 0 })
  t.is(pool.stats().rejected.waitTimeout, 2)
  await remote!.terminate()
})

test('a task that is aborted while its start is on the way never runs', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 1 })
  const [remote] = await join(1, name)
  await remote!.run(({ kept, gate }) => {
    kept.end = gate()
    kept.task = kept.pool.submit(() => kept.end.promise)
  })
  const controller = new AbortController()
  let ran = false
  const task = rejection(pool.submit(() => (ran = true), { signal: controller.signal }))
  // Blocks this isolate until the other one has handed the task over.
  const handed = new Int32Array(new SharedArrayBuffer(4))
  void remote!.run(async ({ kept }, handed) => {
    kept.end.open()
    await kept.task
    Atomics.store(handed, 0, 1)
    Atomics.notify(handed, 0)
  }, handed)
  Atomics.wait(handed, 0, 0, 8_000)
  t.is(pool.waiting, 0)
  controller.abort('too late to wait')
  t.is(await task, 'too late to wait')
  await until(() => pool.busy === 0, 'the worker comes back')
  t.false(ran)
  t.is(await pool.submit(() => 'next'), 'next')
  await remote!.terminate()
})

test('closures that end synchronously hand the worker to and fro between isolates', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 1 })
  const remotes = await join(2, name)
  const occupant = occupy(pool, 1)
  const sums = remotes.map((remote) =>
    remote.run(async ({ kept }) => {
      const results: number[] = await Promise.all(Array.from({ length: 1_000 }, (_, i) => kept.pool.submit(() => i)))
      return results.reduce((sum, result) => sum + result)
    }),
  )
  const own = Promise.all(Array.from({ length: 1_000 }, (_, i) => pool.submit(() => i)))
  await until(() => pool.waiting === 3_000, 'all wait')
  await occupant.finish()
  t.deepEqual(await Promise.all(sums), [499_500, 499_500])
  t.is((await own).length, 1_000)
  t.like(pool.stats(), { completed: 3_001, peakBusy: 1 })
  await Promise.all(remotes.map((remote) => remote.terminate()))
})

test('two faces of one isolate hand the worker to and fro', async (t) => {
  const name = fresh()
  const faces = [face(name, { size: 1 }), face(name)]
  const occupant = occupy(faces[0]!, 1)
  const order: number[] = []
  const tasks = Array.from({ length: 100 }, (_, i) =>
    faces[i % 2]!.submit(() => void order.push(i), i % 3 === 0 ? { timeout: 60_000 } : undefined),
  )
  await occupant.finish()
  await Promise.all(tasks)
  t.deepEqual(
    order,
    Array.from({ length: 100 }, (_, i) => i),
  )
})

test('failures go to the panicHandler and the logger of their own face', async (t) => {
  const name = fresh()
  const told: unknown[] = []
  const logger = new Recorder()
  const handled = face(name, { size: 1, panicHandler: (error, task) => told.push([error, task.pool, task.name]) })
  const logged = face(name, { logger })
  const [remote] = await join(1, name)
  await remote!.run(({ Pool, kept, gate }, name) => {
    kept.told = []
    kept.heard = gate()
    const panicHandler = (error: unknown) => (kept.told.push(error), kept.heard.open())
    kept.handled = Pool.create({ name, shared: true, panicHandler })
  }, name)
  const occupant = occupy(handled, 1)
  const fail = (error: unknown) =>
    function failing() {
      throw error
    }
  handled.execute(fail('one'))
  logged.execute(fail('two'))
  await remote!.run(({ kept }) => void kept.handled.execute(() => Promise.reject('three')))
  await occupant.finish()
  await remote!.run(({ kept }) => kept.heard.promise)
  t.deepEqual(told, [['one', name, 'failing']])
  t.is(logger.at('error').length, 1)
  t.deepEqual(await remote!.run(({ kept }) => kept.told as unknown[]), ['three'])
  await remote!.terminate()
})

test('nonblocking and maxBlockingTasks bound all isolates together', async (t) => {
  const name = fresh()
  const pool = face(name, { size: 2, maxBlockingTasks: 2 })
  const [remote] = await join(1, name)
  await remote!.run(({ kept, gate }) => {
    kept.end = gate()
    kept.tasks = [1, 2, 3].map(() => kept.pool.submit(() => kept.end.promise))
  })
  const fits = pool.submit(() => 'fits')
  t.true((await rejection(pool.submit(() => 0))) instanceof PoolOverloadError)
  t.is(await remote!.run(({ kept }) => kept.pool.tryExecute(() => 0) as boolean), false)
  await remote!.run(({ kept }) => kept.end.open())
  t.is(await fits, 'fits')
  t.is(pool.stats().rejected.overload, 2)
  await remote!.terminate()
})

// ── the process ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const MOST_MS = 2_000
const codes: Record<string, number> = {
  'process.exit': 7,
  'process.reallyExit': 7,
  'process.exit in a closure': 7,
  'process.exit while threads are terminated': 7,
  'uncaught exception': 1,
}
for (const [how, expected] of Object.entries(codes)) {
  test.serial(
    `a shared pool that is busy in four isolates does not keep the process from ending: ${how}`,
    async (t) => {
      t.timeout(15_000)
      const { hung, code, stdout, endedAt } = await child('end-shared', { args: [how] })
      t.deepEqual({ hung, code }, { hung: false, code: expected })
      t.true(endedAt - Number(stdout.split(' ')[1]) < MOST_MS)
    },
  )
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test.serial(
    `a shared pool that is busy in four isolates does not keep the process from ending: ${signal}`,
    async (t) => {
      t.timeout(15_000)
      const { hung, signal: endedBy, stdout, endedAt } = await child('end-shared', { args: ['a signal'], signal })
      t.deepEqual({ hung, endedBy }, { hung: false, endedBy: signal })
      t.true(endedAt - Number(stdout.split(' ')[1]) < MOST_MS)
    },
  )
}

test.serial('under stress every promise settles once, the numbers add up and nothing is left', async (t) => {
  t.timeout(30_000)
  // As `npm run stress`, with fewer tasks; whatever the machine does, it ends in time.
  const { hung, code, stdout, stderr } = await child('stress', { args: ['--tasks', '5000', '--seconds', '5'] })
  t.log(stdout.trim())
  t.deepEqual({ hung, stderr }, { hung: false, stderr: '' })
  t.deepEqual(JSON.parse(stdout).problems, [])
  t.is(code, 0)
})
