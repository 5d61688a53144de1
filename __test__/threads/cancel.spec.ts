// How tasks in threads are cancelled: by signals, by timeouts, by the pool's own signal.
import { getEventListeners } from 'node:events'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import test, { type ExecutionContext } from 'ava'
import { PoolClosedError, TaskTimeoutError, ThreadPool, WaitTimeoutError, WorkerCrashedError } from 'workpool'

import { begun, cells, open, reaches } from '../support/cells.js'
import { threads } from '../support/threads.js'
import { block, rejection, until } from '../support/until.js'

const filename = join(process.cwd(), '__test__', 'fixtures', 'peer-tasks.mjs')
const cancelling = (t: ExecutionContext, options: Parameters<typeof threads>[1] = {}) =>
  threads(t, { filename, size: 1, ...options })

function warnings(t: ExecutionContext) {
  const seen: Error[] = []
  const note = (warning: Error) => void seen.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  return seen
}

// ── one signal for many ─────────────────────────────────────────────────────────────────────────────────────────

test.serial('a thousand tasks on one signal leave no listener and no warning', async (t) => {
  const warned = warnings(t)
  const pool = cancelling(t, { size: 2 })
  const { signal } = new AbortController()
  const tasks = Array.from({ length: 1_000 }, (_, i) => pool.run(i, { signal }))
  t.is(getEventListeners(signal, 'abort').length, 1)
  t.deepEqual(
    await Promise.all(tasks),
    Array.from({ length: 1_000 }, (_, i) => i),
  )
  await turn()
  t.is(getEventListeners(signal, 'abort').length, 0)
  t.deepEqual(warned, [])
})

test.serial('an abort of a thousand tasks, waiting and running, rejects them all and leaves no listener', async (t) => {
  const warned = warnings(t)
  const pool = cancelling(t, { size: 2, grace: 10_000 })
  const controller = new AbortController()
  const { signal } = controller
  const gate = cells()
  const tasks = Array.from({ length: 1_000 }, () => rejection(pool.run(gate, { name: 'heeds', signal })))
  await begun(gate, 2)
  const reason = new Error('all of you')
  controller.abort(reason)
  t.is(pool.waiting, 0)
  t.deepEqual(new Set(await Promise.all(tasks)), new Set([reason]))
  t.is(getEventListeners(signal, 'abort').length, 0)
  t.is(await pool.run('next'), 'next')
  await pool.drain()
  t.like([...gate], [2, 2])
  t.like(pool.stats(), { cancelled: 1_000, completed: 1, workers: { started: 2, crashed: 0 } })
  t.deepEqual(warned, [])
})

test.serial('the listener goes however the task ends', async (t) => {
  const pool = cancelling(t, { maxBlockingTasks: 1, grace: 0 })
  const { signal } = new AbortController()
  const listeners = () => getEventListeners(signal, 'abort').length
  await pool.ready()
  for (const [name, argument, options] of [
    ['resolves', 1, {}],
    ['rejects', 'failed', {}],
    ['exit', 1, {}],
    ['nothing of that name', 1, {}],
    ['never', cells(), { timeout: 5 }],
    ['default', () => {}, {}],
  ] as const) {
    const task = Promise.allSettled([pool.run(argument, { name, signal, ...options })])
    await task
    await turn()
    t.is(listeners(), 0, name)
  }
  const gate = cells()
  const running = pool.tasks.held!(gate)
  await begun(gate)
  const waiting = rejection(pool.run(1, { signal, waitTimeout: 5 }))
  await rejection(pool.run(2, { signal }))
  t.is(listeners(), 1)
  t.true((await waiting) instanceof WaitTimeoutError)
  t.is(listeners(), 0)
  const released = rejection(pool.run(3, { signal }))
  pool.release()
  t.true((await released) instanceof PoolClosedError)
  t.is(listeners(), 0)
  open(gate)
  await running
})

test.serial('an abort after the result changes nothing', async (t) => {
  const pool = cancelling(t)
  const controller = new AbortController()
  t.is(await pool.run('result', { signal: controller.signal }), 'result')
  controller.abort()
  t.like(pool.stats(), { completed: 1, cancelled: 0 })
})

// ── grace ───────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('a thread is not ended before its task has had its grace', async (t) => {
  const pool = cancelling(t, { grace: 80 })
  const controller = new AbortController()
  const gate = cells()
  const running = rejection(pool.run(gate, { name: 'spinsForever', signal: controller.signal }))
  await begun(gate)
  const before = performance.now()
  controller.abort()
  await running
  t.is(pool.busy, 1)
  await until(() => pool.stats().workers.crashed === 1, 'the thread is ended')
  t.true(performance.now() - before >= 79)
  t.is(await pool.run('next'), 'next')
})

test.serial('without grace its thread is ended, too, and replaced', async (t) => {
  const pool = cancelling(t, { grace: 0 })
  for (let round = 1; round <= 3; round++) {
    const gate = cells()
    t.true((await rejection(pool.run(gate, { name: 'spinsForever', timeout: 5 }))) instanceof TaskTimeoutError)
    t.is(await pool.run('next'), 'next')
    t.is(pool.stats().workers.crashed, round)
  }
})

test.serial('with two tasks on a thread that is ended the other one gets the same grace: it may finish', async (t) => {
  const pool = cancelling(t, { concurrency: 2, grace: 2_000 })
  const controller = new AbortController()
  const [deaf, neighbour] = [cells(), cells()]
  const aborted = rejection(pool.run(deaf, { name: 'never', signal: controller.signal }))
  const running = pool.tasks.held!(neighbour, 'finished')
  await Promise.all([begun(deaf), begun(neighbour)])
  controller.abort(new Error('one of two'))
  t.is((await aborted).message, 'one of two')
  open(neighbour)
  t.is(await running, 'finished')
  await until(() => pool.stats().workers.crashed === 1, 'the thread is ended')
  t.is(await pool.run('next'), 'next')
  t.like(pool.stats(), { completed: 2, cancelled: 1, failed: 0, workers: { started: 2, crashed: 1 } })
})

test.serial(
  'with two tasks on a thread that is ended the other one rejects as crashed if it has not finished',
  async (t) => {
    const pool = cancelling(t, { concurrency: 2, grace: 60 })
    const [deaf, neighbour] = [cells(), cells()]
    const controller = new AbortController()
    const aborted = rejection(pool.run(deaf, { name: 'never', signal: controller.signal }))
    const running = rejection(pool.tasks.never!(neighbour))
    await Promise.all([begun(deaf), begun(neighbour)])
    const waiting = [1, 2, 3].map((i) => pool.run(i))
    const before = performance.now()
    controller.abort()
    await aborted
    const crashed = await running
    t.true(performance.now() - before >= 59)
    t.true(crashed instanceof WorkerCrashedError)
    t.deepEqual(await Promise.all(waiting), [1, 2, 3])
    t.like(pool.stats(), { cancelled: 1, failed: 1, completed: 3 })
  },
)

test.serial('a task that heeds its signal costs neither its thread nor its neighbour anything', async (t) => {
  const pool = cancelling(t, { concurrency: 2, grace: 30 })
  const [heeding, neighbour] = [cells(), cells()]
  const controller = new AbortController()
  const aborted = rejection(pool.run(heeding, { name: 'heeds', signal: controller.signal }))
  const running = pool.tasks.held!(neighbour, 'finished')
  await Promise.all([begun(heeding), begun(neighbour)])
  controller.abort()
  await aborted
  await reaches(heeding, 1, 1)
  // More than the grace and what the next task has of it.
  await delay(60)
  open(neighbour)
  t.is(await running, 'finished')
  t.like(pool.stats(), { workers: { started: 1, crashed: 0 }, cancelled: 1, completed: 1 })
})

test.serial('a task that is timed out and heeds its signal costs no thread', async (t) => {
  const pool = cancelling(t, { grace: 10_000 })
  const gate = cells()
  const error = await rejection(pool.run(gate, { name: 'heeds', timeout: 10 }))
  t.true(error instanceof TaskTimeoutError)
  await reaches(gate, 1, 1)
  t.is(await pool.run('next'), 'next')
  t.like(pool.stats(), { timedOut: 1, workers: { started: 1, crashed: 0 } })
})

// ── the pool's own signal ───────────────────────────────────────────────────────────────────────────────────────

test.serial(
  "the pool's signal releases it and aborts the signals of running tasks, which settle when they do",
  async (t) => {
    const controller = new AbortController()
    const pool = cancelling(t, { size: 2, signal: controller.signal })
    const gates = [cells(), cells()]
    const heeding = rejection(pool.tasks.heeds!(gates[0]!))
    const deaf = pool.tasks.held!(gates[1]!, 'finished')
    await Promise.all(gates.map((gate) => begun(gate)))
    const waiting = rejection(pool.run('waits'))
    controller.abort(Object.assign(new RangeError('the pool ends'), { code: 'E_END' }))
    t.true(pool.isClosed)
    t.true((await waiting) instanceof PoolClosedError)
    const error = await heeding
    t.true(error instanceof RangeError)
    t.like(error, { message: 'the pool ends', code: 'E_END' })
    t.is(gates[0]![1], 1)
    open(gates[1]!)
    t.is(await deaf, 'finished')
    await pool.releaseTimeout(8_000)
    t.like(pool.stats(), { running: 0, workers: { crashed: 0 } })
    t.throws(() => pool.reboot(), { instanceOf: PoolClosedError })
  },
)

test.serial('a pool whose signal was aborted before is born closed and starts no thread', async (t) => {
  const pool = cancelling(t, { signal: AbortSignal.abort(), preAlloc: true })
  t.true(pool.isClosed)
  t.true((await rejection(pool.run(1))) instanceof PoolClosedError)
  t.true((await rejection(pool.ready())) instanceof PoolClosedError)
  await pool.close()
  t.is(pool.running, 0)
})

test.serial('a pool puts one listener on its signal, and takes it away when it is destroyed', async (t) => {
  const { signal } = new AbortController()
  const pool = ThreadPool.create({ filename, size: 2, signal })
  await Promise.all(Array.from({ length: 100 }, (_, i) => pool.run(i)))
  t.is(getEventListeners(signal, 'abort').length, 1)
  await pool.destroy()
  t.is(pool.running, 0)
})

// ── while threads boot ──────────────────────────────────────────────────────────────────────────────────────────

test.serial(
  'a task that is aborted while its thread boots never runs, and the thread serves the next one',
  async (t) => {
    const pool = cancelling(t, { grace: 0 })
    const controller = new AbortController()
    const gate = cells()
    const aborted = rejection(pool.run(gate, { name: 'spinsForever', signal: controller.signal }))
    t.is(pool.running, 1)
    controller.abort()
    await aborted
    t.like(pool.stats(), { waiting: 0, unsettled: 0 })
    t.is(await pool.run('next'), 'next')
    t.is(gate[0], 0)
    t.like(pool.stats(), { cancelled: 1, completed: 1, workers: { started: 1, crashed: 0 } })
  },
)

test.serial('a task that is aborted before its argument has been posted costs no thread', async (t) => {
  const pool = cancelling(t, { grace: 10_000 })
  await pool.ready()
  for (let round = 0; round < 5; round++) {
    const controller = new AbortController()
    const gate = cells()
    const aborted = rejection(pool.run(gate, { name: 'heeds', signal: controller.signal }))
    // The thread takes it, and asks for the argument, which only this event loop could post.
    block(20)
    controller.abort()
    await aborted
    t.is(await pool.run('next'), 'next')
    t.is(gate[0], 0)
  }
  t.like(pool.stats(), { cancelled: 5, completed: 5, workers: { started: 1, crashed: 0 } })
})

test.serial('all tasks are aborted while their threads boot: the pool is drained, and closes', async (t) => {
  const pool = cancelling(t, { size: 3 })
  const controller = new AbortController()
  const tasks = Array.from({ length: 10 }, (_, i) => rejection(pool.run(i, { signal: controller.signal })))
  controller.abort()
  await Promise.all(tasks)
  await pool.drain()
  await pool.close()
  t.like(pool.stats(), { running: 0, cancelled: 10, unsettled: 0 })
})

test.serial('booting is waiting: a waitTimeout may end it, and a timeout does not count it', async (t) => {
  const pool = cancelling(t)
  const patient = pool.run('patient', { timeout: 100 })
  t.true((await rejection(pool.run('impatient', { waitTimeout: 1 }))) instanceof WaitTimeoutError)
  t.is(await patient, 'patient')
})

// ── many at once ────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('aborts of several running tasks at once do not stall later ones', async (t) => {
  t.timeout(30_000)
  const pool = cancelling(t, { size: 3, grace: 0 })
  for (let round = 0; round < 4; round++) {
    const gate = cells()
    const controllers = [1, 2, 3].map(() => new AbortController())
    const tasks = controllers.map(({ signal }) => rejection(pool.run(gate, { name: 'spinsForever', signal })))
    await begun(gate, 3)
    const later = Array.from({ length: 20 }, (_, i) => pool.run(i))
    for (const controller of controllers) controller.abort()
    await Promise.all(tasks)
    t.deepEqual(
      await Promise.all(later),
      Array.from({ length: 20 }, (_, i) => i),
    )
  }
  t.like(pool.stats(), { cancelled: 12, completed: 80, failed: 0, unsettled: 0 })
})

test.serial('a random half of many tasks is aborted, here and there: the other half has its results', async (t) => {
  const pool = cancelling(t, { size: 2, concurrency: 2, grace: 10_000 })
  const results = await Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      const controller = new AbortController()
      const task = pool.run(i, { name: i % 3 === 0 ? 'resolves' : 'default', signal: controller.signal })
      if (i % 2 === 0) return task
      const aborted = rejection(task)
      // So that some wait, some run and some are on their way.
      for (let turns = i % 5; turns > 0; turns--) await Promise.resolve()
      controller.abort(i)
      return aborted
    }),
  )
  t.deepEqual(
    results,
    Array.from({ length: 400 }, (_, i) => i),
  )
  t.like(pool.stats(), { completed: 200, cancelled: 200, workers: { crashed: 0 } })
})

// ── reasons ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the signal of a task in a thread was aborted with, told by a second task. */
async function crossed(t: ExecutionContext, reason: unknown) {
  const pool = cancelling(t, { grace: 10_000 })
  const controller = new AbortController()
  const gate = cells()
  const running = Promise.allSettled([pool.run(gate, { name: 'keepsReason', signal: controller.signal })])
  await begun(gate)
  controller.abort(reason)
  const [end] = await running
  t.is((end as PromiseRejectedResult).reason, controller.signal.reason)
  await reaches(gate, 1, 1)
  return pool.tasks.lastReason!()
}

class NotListed extends RangeError {}

test.serial('an abort reason that is an error arrives in the thread as one, whole', async (t) => {
  const error = Object.assign(new NotListed('why', { cause: new Error('because') }), {
    code: 'E_WHY',
    extra: { deep: [1] },
  })
  t.like(await crossed(t, error), {
    message: 'why',
    code: 'E_WHY',
    extra: { deep: [1] },
    cause: 'because',
    class: 'RangeError',
  })
})

test.serial('an abort without a reason arrives as an AbortError', async (t) => {
  t.like(await crossed(t, undefined), { name: 'AbortError', class: 'DOMException' })
})

test.serial('an abort reason that is no error arrives as it is', async (t) => {
  t.deepEqual(await crossed(t, 'text'), { value: 'text' })
  t.deepEqual(await crossed(t, { some: ['thing'] }), { value: { some: ['thing'] } })
  t.deepEqual(await crossed(t, null), { value: null })
  t.deepEqual(await crossed(t, 0), { value: 0 })
})

test.serial('an abort reason that cannot be cloned arrives as an error that shows it', async (t) => {
  const arrived = await crossed(t, () => 'no clone')
  t.is(arrived.class, 'Error')
  t.regex(arrived.message, /Function/)
})

test.serial('the signal of a task that is timed out has the error that its promise rejects with', async (t) => {
  const pool = cancelling(t, { name: 'bakery', grace: 10_000 })
  const gate = cells()
  const timedOut = (timeout: number) => rejection(pool.run(gate, { name: 'keepsReason', timeout }))
  let error = await timedOut(5)
  // Its time counts from when a thread took it, and may be over before it is called.
  for (let timeout = 20; Atomics.load(gate, 0) === 0; timeout *= 4) error = await timedOut(timeout)
  await reaches(gate, 1, 1)
  t.like(await pool.tasks.lastReason!(), {
    message: error.message,
    code: 'ERR_POOL_TASK_TIMEOUT',
    name: 'TaskTimeoutError',
  })
})

// ── times ───────────────────────────────────────────────────────────────────────────────────────────────────────

test.serial('a timeout counts from the start of the task, not from its submit', async (t) => {
  const pool = cancelling(t, { grace: 10_000 })
  const [first, second] = [cells(), cells()]
  const holding = pool.tasks.held!(first)
  await begun(first)
  const patient = pool.run('in time', { timeout: 250 })
  const late = rejection(pool.run(second, { name: 'heeds', timeout: 40 }))
  // Longer than either may run.
  await delay(300)
  t.is(pool.waiting, 2)
  const opened = performance.now()
  open(first)
  await holding
  t.is(await patient, 'in time')
  t.true((await late) instanceof TaskTimeoutError)
  t.true(performance.now() - opened >= 39)
  t.is(second[0], 1)
})

test.serial(
  'a synchronous task that outlasts its timeout is ended with its thread; the others run on the next',
  async (t) => {
    const pool = cancelling(t, { grace: 1 })
    const gate = cells()
    const spinning = rejection(pool.run(gate, { name: 'spinsForever', timeout: 20 }))
    const others = [1, 2, 3].map((i) => pool.run(i, { timeout: 60_000 }))
    t.true((await spinning) instanceof TaskTimeoutError)
    t.deepEqual(await Promise.all(others), [1, 2, 3])
  },
)

test.serial('a waitTimeout ends waiting tasks only, in the order of their deadlines', async (t) => {
  const pool = cancelling(t)
  const gate = cells()
  const running = pool.run(gate, { name: 'held', waitTimeout: 60_000 })
  await begun(gate)
  const order: number[] = []
  const waiting = [60, 20, 40].map((waitTimeout) =>
    rejection(pool.run(1, { waitTimeout })).then((error) => {
      t.true(error instanceof WaitTimeoutError)
      order.push(waitTimeout)
    }),
  )
  t.true((await rejection(pool.run(1, { waitTimeout: 0 }))) instanceof WaitTimeoutError)
  await Promise.all(waiting)
  t.deepEqual(order, [20, 40, 60])
  open(gate)
  await running
})

test.serial('a map is ended by its signal, and the tasks of its items with it', async (t) => {
  const pool = cancelling(t, { size: 2, grace: 10_000 })
  const controller = new AbortController()
  const gate = cells()
  const results = pool.map(
    Array.from({ length: 10 }, () => gate),
    { name: 'heeds', signal: controller.signal },
  )
  const first = rejection(results.next())
  await begun(gate, 2)
  const reason = new Error('enough')
  controller.abort(reason)
  t.is(await first, reason)
  await reaches(gate, 1, 2)
  await pool.drain()
  t.is(gate[0], 2)
  t.is(getEventListeners(controller.signal, 'abort').length, 0)
  t.is(pool.stats().workers.crashed, 0)
})

test.serial('what an aborted task would have moved is gone', async (t) => {
  const pool = cancelling(t)
  const gate = cells()
  const running = pool.tasks.held!(gate)
  await begun(gate)
  const bytes = new Uint8Array(8)
  const controller = new AbortController()
  const waiting = rejection(pool.run(bytes, { transfer: [bytes.buffer], signal: controller.signal }))
  t.is(bytes.byteLength, 0)
  controller.abort()
  t.is((await waiting).name, 'AbortError')
  t.is(bytes.byteLength, 0)
  open(gate)
  await running
  const kept = new Uint8Array(8)
  await rejection(pool.run(kept, { transfer: [kept.buffer], signal: AbortSignal.abort() }))
  t.is(kept.byteLength, 8)
})
