// Thread pools over their life: how threads are made, what they leave, what they do between tasks.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker, type WorkerOptions } from 'node:worker_threads'

import test, { type ExecutionContext } from 'ava'
import { PoolClosedError, ReleaseTimeoutError, ThreadPool, type PoolStats } from 'workpool'

import { accountedFor, contradictions } from '../support/accounts.js'
import { begun, cells, open } from '../support/cells.js'
import { child } from '../support/child.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const FIXTURES = join(process.cwd(), '__test__', 'fixtures')
const filename = join(FIXTURES, 'peer-tasks.mjs')
const living = (t: ExecutionContext, options: Parameters<typeof threads>[1] = {}) =>
  threads(t, { filename, size: 1, ...options })

// ── createWorker ────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes threads that begin with a file of one's own. */
function ownEntries() {
  const workers: Worker[] = []
  const urls: string[] = []
  const createWorker = (url: URL, options: WorkerOptions) => {
    urls.push(url.href)
    const worker = new Worker(join(FIXTURES, 'own-entry.mjs'), options)
    workers.push(worker)
    return worker
  }
  return { workers, urls, createWorker }
}

test.serial("a thread may begin with a file of one's own that imports workpool/worker", async (t) => {
  const { workers, urls, createWorker } = ownEntries()
  const pool = living(t, { filename: join(FIXTURES, 'own-entry-tasks.mjs'), workerData: { mine: true }, createWorker })
  t.deepEqual(await pool.run(5), {
    value: 5,
    ownEntry: 'was here first',
    isWorkerThread: true,
    workerData: { mine: true },
  })
  t.is(workers.length, 1)
  t.regex(urls[0]!, /^file:.*worker\.js$/)
  await pool.close()
})

test.serial('who makes the Worker may listen to it, and end it', async (t) => {
  const { workers, createWorker } = ownEntries()
  const pool = living(t, { filename: join(FIXTURES, 'own-entry-tasks.mjs'), stdout: true, createWorker })
  await pool.ready()
  const [worker] = workers
  const message = once(worker!, 'message')
  await pool.tasks.tellsParent!({ some: 'message' })
  t.deepEqual(await message, [{ some: 'message' }])
  const printed = once(worker!.stdout, 'data')
  await pool.tasks.prints!('printed')
  t.is(String((await printed)[0]), 'printed')
  await worker!.terminate()
  t.like(await pool.run('on another thread'), { value: 'on another thread' })
  t.is(workers.length, 2)
  t.is(pool.stats().workers.crashed, 1)
})

test.serial('what createWorker throws is why a thread could not be started', async (t) => {
  let isBroken = true
  const { createWorker } = ownEntries()
  const pool = living(t, {
    filename: join(FIXTURES, 'own-entry-tasks.mjs'),
    createWorker: (url, options) => {
      if (isBroken) throw new RangeError('no more of them')
      return createWorker(url, options)
    },
  })
  const error = await rejection(pool.run(1))
  t.like(error, { code: 'ERR_POOL_WORKER_START', retryable: false })
  t.true(error.cause instanceof RangeError)
  isBroken = false
  t.like(await pool.run(2), { value: 2 })
})

// ── close, drain, releaseTimeout ────────────────────────────────────────────────────────────────────────────────

test.serial('close while threads boot runs what was accepted', async (t) => {
  const pool = living(t, { size: 2 })
  const tasks = Array.from({ length: 20 }, (_, i) => pool.run(i))
  t.like(pool.stats(), { running: 2, waiting: 20 })
  await pool.close()
  t.deepEqual(
    await Promise.all(tasks),
    Array.from({ length: 20 }, (_, i) => i),
  )
  t.like(pool.stats(), { running: 0, completed: 20 })
})

test.serial('close may be called twice, and with a signal that turns it into a release', async (t) => {
  const pool = living(t)
  const gate = cells()
  const running = pool.tasks.held!(gate, 'finished')
  await begun(gate)
  const waiting = rejection(pool.run('waits'))
  const controller = new AbortController()
  const closes = [pool.close(), pool.close({ signal: controller.signal })]
  t.is(pool.waiting, 1)
  controller.abort()
  t.true((await waiting) instanceof PoolClosedError)
  open(gate)
  t.is(await running, 'finished')
  await Promise.all(closes)
  t.is(pool.running, 0)
})

test.serial('a close out of time with abort ends what still runs, by its signal or with its thread', async (t) => {
  const pool = threads(t, { filename: join(FIXTURES, 'tasks.mjs'), size: 2, grace: 50 })
  const [heeding, spinning] = [cells(), cells()]
  const tasks = [pool.tasks.heeds!(heeding), pool.tasks.spin!(spinning)].map(rejection)
  await Promise.all([begun(heeding), begun(spinning)])
  const waiting = rejection(pool.run('waits', { name: 'echo' }))
  const error = await rejection(pool.close({ timeout: 10, abort: true }))
  t.true(error instanceof ReleaseTimeoutError)
  for (const task of [...tasks, waiting]) t.true((await task) instanceof PoolClosedError)
  // The thread that heeded its abort retires, and the other one is ended.
  await pool.close()
  t.is(Atomics.load(heeding, 1), 1)
  t.like(pool.stats(), { running: 0, cancelled: 2, completed: 0, rejected: { released: 1 } })
})

test.serial(
  'drain waits for running and waiting tasks, also for those that come meanwhile, and closes nothing',
  async (t) => {
    const pool = living(t, { size: 2 })
    await pool.drain()
    const gate = cells()
    const tasks = [pool.tasks.held!(gate), pool.tasks.held!(gate), pool.run('waits')]
    await begun(gate, 2)
    let isDrained = false
    const drained = pool.drain().then(() => (isDrained = true))
    const later = pool.run('meanwhile')
    await turn()
    t.false(isDrained)
    open(gate)
    await drained
    t.like(pool.stats(), { waiting: 0, busy: 0, completed: 4, isClosed: false })
    t.is(await later, 'meanwhile')
    await Promise.all(tasks)
  },
)

test.serial('releaseTimeout waits for running tasks; out of time it says so, and they finish', async (t) => {
  const pool = living(t)
  const gate = cells()
  const running = pool.tasks.held!(gate, 'finished')
  await begun(gate)
  const before = performance.now()
  t.true((await rejection(pool.releaseTimeout(30))) instanceof ReleaseTimeoutError)
  t.true(performance.now() - before >= 29)
  t.true(pool.isClosed)
  open(gate)
  t.is(await running, 'finished')
  await pool.releaseTimeout(8_000)
  t.is(pool.running, 0)
})

test.serial('release while the first thread boots: what waited rejects, and the thread goes', async (t) => {
  const pool = living(t)
  const waiting = rejection(pool.run(1))
  pool.release()
  t.true((await waiting) instanceof PoolClosedError)
  await pool.releaseTimeout(8_000)
  t.like(pool.stats(), { running: 0, rejected: { released: 1 } })
})

test.serial('destroy while threads boot ends them, and may be called again', async (t) => {
  const pool = living(t, { size: 2 })
  const tasks = [1, 2, 3].map((i) => rejection(pool.run(i)))
  await Promise.all([pool.destroy(), pool.destroy()])
  for (const error of await Promise.all(tasks)) t.true(error instanceof PoolClosedError)
  await pool.destroy()
  t.like(pool.stats(), { running: 0, isClosed: true, unsettled: 0 })
})

test.serial('a pool that is rebooted has new threads; the old ones finish what they have', async (t) => {
  const pool = living(t)
  const first = await pool.tasks.thread!()
  const gate = cells()
  const running = pool.tasks.held!(gate, 'old')
  await begun(gate)
  pool.release()
  pool.reboot()
  t.not(await pool.tasks.thread!(), first)
  t.like(pool.stats(), { generation: 2, running: 1 })
  open(gate)
  t.is(await running, 'old')
  await pool.close()
  t.is(pool.running, 0)
})

// ── what a process has of it ────────────────────────────────────────────────────────────────────────────────────

async function held(t: ExecutionContext, what: string): Promise<any> {
  t.timeout(90_000)
  const { hung, code, stdout, stderr } = await child('thread-holdings', {
    args: [what],
    execArgv: ['--expose-gc'],
    deadlineMs: 80_000,
  })
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  const lines = stdout.trim().split('\n')
  return { printed: lines.slice(0, -1), ...JSON.parse(`{"told":${lines.at(-1)}}`) }
}

const isLinux = process.platform === 'linux'
if (isLinux) {
  test.serial('30 × (create, use, end) leave no thread, handle or descriptor', async (t) => {
    const { before, after } = (await held(t, 'cycles')).told
    t.true(after.threads <= before.threads, `${after.threads} threads after ${before.threads}`)
    t.true(after.descriptors <= before.descriptors, `${after.descriptors} descriptors after ${before.descriptors}`)
    t.is(after.resources, before.resources)
    t.true(after.heapMb - before.heapMb < 3, `${after.heapMb} MB after ${before.heapMb} MB`)
  })

  test.serial('an idle pool that nobody references is collected, and its threads end', async (t) => {
    t.deepEqual((await held(t, 'unreachable and idle')).told, { used: true, isCollected: true, left: 0 })
  })

  test.serial('so is one that its own options reference, once it is released', async (t) => {
    t.deepEqual((await held(t, 'released, unreachable, and referenced by its own options')).told, {
      isCollected: true,
      left: 0,
    })
  })

  test.serial('a pool that nobody references runs what it has, and its threads end then', async (t) => {
    const { told } = await held(t, 'unreachable, with tasks')
    t.deepEqual(told, { results: ['waited', 'waited, too'], left: 0 })
  })
}

test.serial('an idle pool uses no processor', async (t) => {
  const { running, ms } = (await held(t, 'idle for half a second')).told
  t.true(running)
  // One thread that spins would take 500.
  t.true(ms < 100, `${ms} ms of 500`)
})

test.serial('what threads print is not lost', async (t) => {
  const { printed, told } = await held(t, 'prints from its threads')
  t.is(told, 'closed')
  t.deepEqual(printed.toSorted(), Array.from({ length: 500 }, (_, i) => `line ${i}`).toSorted())
})

// ── the caller ──────────────────────────────────────────────────────────────────────────────────────────────────

test.serial(
  "a caller's async context is there again after its task, however that ends and wherever it waited",
  async (t) => {
    const storage = new AsyncLocalStorage<number>()
    const pool = living(t, { size: 2, panicHandler: () => {} })
    const seen = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        storage.run(i, async () => {
          if (i % 3 === 0) await pool.run(i)
          else if (i % 3 === 1)
            await pool.run('no', { name: i % 2 === 0 ? 'throws' : 'rejects' }).catch(() => t.is(storage.getStore(), i))
          else for await (const _ of pool.map([1, 2], { name: 'resolves' })) t.is(storage.getStore(), i)
          const before = storage.getStore()
          await pool.vacancy()
          return [before, storage.getStore()]
        }),
      ),
    )
    t.deepEqual(
      seen,
      Array.from({ length: 60 }, (_, i) => [i, i]),
    )
    t.is(storage.getStore(), undefined)
  },
)

test.serial('10,000 tiny tasks on two threads, from promises that wait for one another', async (t) => {
  const pool = living(t, { size: 2 })
  const results = await Promise.all(Array.from({ length: 10_000 }, (_, i) => pool.run(i)))
  t.true(results.every((value, i) => value === i))
  let chain = Promise.resolve(0)
  for (let i = 0; i < 1_000; i++) chain = chain.then((sum) => pool.run(sum + 1) as Promise<number>)
  t.is(await chain, 1_000)
  t.like(pool.stats(), { completed: 11_000, unsettled: 0 })
})

// ── between tasks ───────────────────────────────────────────────────────────────────────────────────────────────

test.serial('timers of a thread tick while it is idle and between tasks that follow one another', async (t) => {
  const pool = living(t)
  await pool.tasks.tick!()
  // Idle but for the questions.
  let ticks = 0
  await until(() => {
    void pool.tasks.ticks!().then((count: number) => (ticks = count))
    return ticks >= 5
  }, 'timers of an idle thread tick')
  await pool.drain()
  // There is always a next task, for 400 ms.
  const all = Array.from({ length: 2_000 }, (_, i) => (i % 500 === 0 ? pool.tasks.ticks!() : pool.tasks.spinsFor!(0.2)))
  all.push(pool.tasks.ticks!())
  const counts = (await Promise.all(all)).filter((count) => count !== undefined) as number[]
  for (let i = 1; i < counts.length; i++) t.true(counts[i]! >= counts[i - 1]! + 1, String(counts))
})

test.serial('asynchronous tasks overlap, as many as the pool lets a thread have and no more', async (t) => {
  for (const concurrency of [1, 4]) {
    const pool = living(t, { concurrency })
    const most = (await Promise.all(Array.from({ length: 40 }, () => pool.tasks.together!()))) as number[]
    t.is(Math.max(...most), concurrency)
    t.is(pool.stats().workers.started, 1)
  }
})

test.serial('with concurrency a new thread is started before a busy one gets a second task', async (t) => {
  const pool = living(t, { size: 2, concurrency: 2 })
  const gate = cells()
  const tasks = [1, 2, 3, 4].map((i) => pool.tasks.held!(gate, i))
  await begun(gate, 4)
  t.like(pool.stats(), { running: 2, busy: 2, waiting: 0 })
  const fifth = pool.run(5)
  t.is(pool.waiting, 1)
  open(gate)
  t.deepEqual(await Promise.all([...tasks, fifth]), [1, 2, 3, 4, 5])
})

// ── recycle, minSize, tune ──────────────────────────────────────────────────────────────────────────────────────

test.serial('a thread is replaced when its heap is large, between tasks, and no task is lost', async (t) => {
  const pool = living(t, { recycle: { heapMb: 60 } })
  const before = await pool.tasks.thread!()
  const kept = await pool.tasks.keeps!(80)
  t.is(kept, before)
  const after = await pool.tasks.thread!()
  t.not(after, before)
  t.is(await pool.tasks.thread!(), after)
  t.like(pool.stats(), { failed: 0, workers: { started: 2, crashed: 0 } })
})

test.serial('threads that are replaced after every second task lose none, also with several tasks each', async (t) => {
  for (const concurrency of [1, 3]) {
    const pool = living(t, { size: 2, concurrency, recycle: { tasks: 2 } })
    const tasks = Array.from({ length: 24 }, (_, i) => pool.run(i, { name: i % 2 === 0 ? 'resolves' : 'default' }))
    t.deepEqual(
      await Promise.all(tasks),
      Array.from({ length: 24 }, (_, i) => i),
    )
    await pool.drain()
    const { workers, failed } = pool.stats()
    t.is(failed, 0)
    t.is(workers.crashed, 0)
    t.true(workers.started >= 24 / 2 / concurrency, `${workers.started} threads`)
  }
})

test.serial(
  'minSize threads stay while others expire; what is ended of them is started again; tune below it wins',
  async (t) => {
    const pool = living(t, { size: 3, minSize: 2, expiry: 20 })
    t.is(pool.running, 0)
    const gate = cells()
    const first = [1, 2, 3].map((i) => pool.tasks.held!(gate, i))
    await begun(gate, 3)
    open(gate)
    await Promise.all(first)
    await until(() => pool.stats().workers.retired === 1, 'the third one expires')
    t.is(pool.running, 2)
    await rejection(pool.tasks.exit!(1))
    await until(() => pool.idle === 2, 'another one is started')
    t.like(pool.stats(), { running: 2, workers: { started: 4, crashed: 1, retired: 1 } })
    pool.tune(1)
    await until(() => pool.running === 1, 'one of them goes')
    t.is(await pool.run('still there'), 'still there')
    t.is(pool.stats().workers.started, 4)
  },
)

test.serial('tune while threads are busy: more start at once; of too many the busy ones finish', async (t) => {
  const pool = living(t, { size: 1 })
  const gates = [cells(), cells(), cells()]
  const tasks = gates.map((gate, i) => pool.tasks.held!(gate, i))
  await begun(gates[0]!)
  t.like(pool.stats(), { running: 1, waiting: 2 })
  pool.tune(3)
  await Promise.all(gates.map((gate) => begun(gate)))
  t.like(pool.stats(), { capacity: 3, running: 3, busy: 3, waiting: 0 })
  pool.tune(1)
  t.like(pool.stats(), { capacity: 1, running: 3, busy: 3, available: 0, free: 0 })
  const next = pool.run('next')
  open(gates[0]!)
  t.is(await tasks[0], 0)
  t.is(pool.waiting, 1)
  open(gates[1]!)
  t.is(await tasks[1], 1)
  t.is(pool.waiting, 1)
  open(gates[2]!)
  t.is(await tasks[2], 2)
  t.is(await next, 'next')
  await until(() => pool.running === 1, 'two threads go')
  t.like(pool.stats(), { completed: 4, workers: { started: 3, crashed: 0 } })
  for (const size of [0, -1, 1.5, Infinity, NaN, '2'])
    t.throws(() => pool.tune(size as number), { code: 'ERR_POOL_OPTION' })
})

test.serial('tune up and down while tasks come and go loses none', async (t) => {
  const pool = living(t, { size: 1, concurrency: 2 })
  const tasks: Promise<unknown>[] = []
  for (let i = 0; i < 300; i++) {
    tasks.push(pool.run(i, { name: i % 2 === 0 ? 'resolves' : 'default' }))
    if (i % 10 === 0) pool.tune(1 + ((i / 10) % 3))
    if (i % 20 === 0) await tasks[i]
  }
  t.deepEqual(
    await Promise.all(tasks),
    Array.from({ length: 300 }, (_, i) => i),
  )
  t.is(pool.stats().workers.crashed, 0)
})

// ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('stats add up at every moment, and count every end in its own place', async (t) => {
  const pool = living(t, { size: 1, maxBlockingTasks: 5, grace: 0 })
  const snapshots: PoolStats[] = []
  const look = () => snapshots.push(pool.stats())
  const ends: Promise<unknown>[] = []
  const add = (task: Promise<unknown>) => ends.push(task.then(look, look))
  const gate = cells()
  add(pool.tasks.held!(gate))
  await begun(gate)
  const controller = new AbortController()
  add(pool.run(1, { signal: controller.signal }))
  add(pool.run(1, { waitTimeout: 5 }))
  add(pool.run('fails', { name: 'throws' }))
  add(pool.run(3, { name: 'exit' }))
  add(pool.run(cells(), { name: 'never', timeout: 5 }))
  add(pool.run('overload'))
  look()
  controller.abort()
  await until(() => pool.stats().rejected.waitTimeout === 1, 'a waitTimeout')
  open(gate)
  await Promise.all(ends)
  ends.length = 0
  const second = cells()
  add(pool.tasks.held!(second))
  await begun(second)
  add(pool.run('released'))
  pool.release()
  add(pool.run('closed'))
  open(second)
  await Promise.all(ends)
  await pool.releaseTimeout(8_000)
  for (const stats of snapshots) {
    t.is(stats.submitted, accountedFor(stats))
    t.deepEqual(contradictions(stats), [])
  }
  t.like(pool.stats(), {
    submitted: 8,
    unsettled: 0,
    completed: 2,
    failed: 2,
    timedOut: 1,
    cancelled: 1,
    rejected: { overload: 1, closed: 1, waitTimeout: 1, released: 1 },
    peakBusy: 1,
    peakWaiting: 5,
    running: 0,
    workers: { crashed: 2 },
  })
})

test.serial('a pool of threads inside a thread of a pool', async (t) => {
  const pool = living(t)
  t.is(await pool.tasks.nested!(20), 42)
  t.is(await pool.tasks.nested!(0), 2)
})

test('ThreadPool is made by create, and says so', (t) => {
  t.throws(() => new (ThreadPool as unknown as new () => unknown)(), {
    instanceOf: TypeError,
    message: /ThreadPool\.create/,
  })
})
