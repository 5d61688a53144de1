import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import fc from 'fast-check'
import {
  MultiPool,
  Pool,
  PoolClosedError,
  PoolOverloadError,
  TaskTimeoutError,
  WaitTimeoutError,
  type PoolOptions,
  type Resource,
  type SubmitOptions,
} from 'workpool'

import { NONE_REJECTED, contradictions } from '../support/accounts.js'
import { gate, occupy, type Gate } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { rejection } from '../support/until.js'

test('stats is one plain object with every name of the vocabulary', (t) => {
  const pool = Pool.create({ name: 'three', size: 3 })
  const stats = pool.stats()
  t.is(Object.getPrototypeOf(stats), Object.prototype)
  t.deepEqual(stats, {
    name: 'three',
    capacity: 3,
    running: 0,
    busy: 0,
    idle: 0,
    available: 3,
    free: 3,
    waiting: 0,
    isClosed: false,
    isPaused: false,
    generation: 1,
    submitted: 0,
    waited: 0,
    unsettled: 0,
    completed: 0,
    failed: 0,
    timedOut: 0,
    cancelled: 0,
    rejected: NONE_REJECTED,
    peakBusy: 0,
    peakWaiting: 0,
    workers: { started: 0, reused: 0, retired: 0, crashed: 0, reuseRate: 0 },
  })
  t.deepEqual(JSON.parse(JSON.stringify(stats)), stats)
})

test('stats is a snapshot: it does not change, and changing it changes nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  const before = pool.stats()
  before.rejected.closed = 99
  await pool.submit(() => 0)
  t.is(before.submitted, 0)
  t.is(pool.stats().rejected.closed, 0)
  t.is(pool.stats().submitted, 1)
})

test('what had to wait for a worker is counted, also where the worker has to start first', async (t) => {
  const pool = Pool.create({ size: 2 })
  await Promise.all([1, 2, 3, 4, 5].map((n) => pool.submit(() => turn(n))))
  t.is(pool.stats().waited, 3)
  await pool.submit(() => 6)
  t.is(pool.stats().waited, 3)
  const booting = Pool.create({ size: 2, init: () => turn('resource') })
  await booting.submit(() => 1)
  await booting.submit(() => 2)
  t.is(booting.stats().waited, 1)
  const multi = MultiPool.of([pool, Pool.create({ size: 1 })])
  await Promise.all([1, 2, 3, 4, 5].map((n) => multi.submit(() => turn(n))))
  t.is(multi.stats().waited, 3 + 2)
})

test('every end is counted in its own place', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 2 })
  await pool.submit(() => 'completed')
  await rejection(pool.submit(() => Promise.reject(new Error('failed'))))
  const end = gate()
  const controller = new AbortController()
  const timedOut = pool.submit(() => end.promise, { timeout: 1 })
  const waitedTooLong = pool.submit(() => 0, { waitTimeout: 200 })
  const cancelled = pool.submit(() => 0, { signal: controller.signal })
  await rejection(pool.submit(() => 'overload'))
  controller.abort()
  await Promise.all([timedOut, waitedTooLong, cancelled].map(rejection))
  const released = pool.submit(() => 'released')
  pool.release()
  await rejection(released)
  await rejection(pool.submit(() => 'closed'))
  end.open()
  await pool.close()
  const stats = pool.stats()
  t.deepEqual(
    {
      submitted: stats.submitted,
      unsettled: stats.unsettled,
      completed: stats.completed,
      failed: stats.failed,
      timedOut: stats.timedOut,
      cancelled: stats.cancelled,
      rejected: stats.rejected,
    },
    {
      submitted: 6,
      unsettled: 0,
      completed: 1,
      failed: 1,
      timedOut: 1,
      cancelled: 1,
      rejected: { ...NONE_REJECTED, overload: 1, closed: 1, waitTimeout: 1, released: 1 },
    },
  )
  t.deepEqual(contradictions(stats), [])
})

test('when a promise settles, its task is already counted', async (t) => {
  const pool = Pool.create({ size: 1 })
  const tasks = Array.from({ length: 20 }, (_, i) =>
    pool
      .submit(async () => turn())
      .then(() => {
        const { completed, unsettled } = pool.stats()
        t.true(completed >= i + 1)
        t.is(unsettled, 20 - completed)
      }),
  )
  await Promise.all(tasks)
})

test('peaks are the most there were at once', async (t) => {
  const pool = Pool.create({ size: 4 })
  await occupy(pool, 3).finish()
  await occupy(pool, 9).finish()
  await occupy(pool, 1).finish()
  const { peakBusy, peakWaiting } = pool.stats()
  t.deepEqual({ peakBusy, peakWaiting }, { peakBusy: 4, peakWaiting: 5 })
})

test('workers are counted when they start, are reused and retire', async (t) => {
  const pool = Pool.create({ size: 4 })
  await occupy(pool, 4).finish()
  t.deepEqual(pool.stats().workers, { started: 4, reused: 0, retired: 0, crashed: 0, reuseRate: 0 })
  pool.tune(1)
  t.deepEqual(pool.stats().workers, { started: 4, reused: 0, retired: 3, crashed: 0, reuseRate: 0 })
  pool.tune(4)
  await occupy(pool, 4).finish()
  const { started, retired, reused } = pool.stats().workers
  t.deepEqual([started, retired], [7, 3])
  t.true(reused >= 1 && reused <= 3, `${reused} records were reused; the cache holds at most capacity`)
})

// ── random scripts ────────────────────────────────────────────────────────────────────────────────────────────────

type Behaviour = 'returns' | 'throws' | 'resolves' | 'rejects'

type Command =
  | { do: 'submit'; behaviour: Behaviour; isAbortable: boolean; options: SubmitOptions }
  | { do: 'end' | 'abort'; pick: number }
  | { do: 'tune'; size: number }
  | { do: 'release' | 'close' | 'reboot' | 'turn' | 'wait' }

interface Tracked {
  readonly sequence: number
  readonly priority: number
  /** Whether the core may send it away before its promise tells. */
  readonly canLeaveUnseen: boolean
  readonly controller: AbortController | undefined
  accepted: boolean
  starts: number
  gone: boolean
  outcome?: string
}

const OWN = new Error('of the task')
const OF_INIT = new Error('of init')
const ABORTED = new Error('of the signal')

const submit = fc.record({
  do: fc.constant('submit' as const),
  behaviour: fc.constantFrom<Behaviour>('returns', 'throws', 'resolves', 'resolves', 'rejects'),
  isAbortable: fc.boolean(),
  options: fc.record(
    {
      waitTimeout: fc.constantFrom(0, 1, 50_000),
      timeout: fc.constantFrom(1, 50_000),
      priority: fc.constantFrom<SubmitOptions['priority']>(0, 1, 2, 5, 'high', 'low'),
    },
    { requiredKeys: [] },
  ),
})
const pick = fc.nat(99)
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: submit },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('end' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('abort' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('tune' as const), size: fc.constantFrom(1, 2, 3, 6, Infinity) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('turn' as const, 'turn' as const, 'wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'close' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reboot' as const) }) },
)

const resources: Record<string, Resource<void>> = {
  none: {},
  synchronous: { init() {}, dispose() {}, isBroken: (error) => error === OWN },
  asynchronous: { init: () => turn(), dispose: () => turn(), isBroken: (error) => error === OWN },
}
const setup = fc.record({
  size: fc.integer({ min: 1, max: 4 }),
  maxBlockingTasks: fc.constantFrom(0, 0, 1, 3),
  nonblocking: fc.constantFrom(false, false, false, true),
  expiry: fc.constantFrom(1, 1_000),
  resource: fc.constantFrom('none', 'none', 'synchronous', 'asynchronous', 'flaky'),
})

/** Plays one script against one pool and keeps the books itself. */
class Play {
  readonly problems: string[] = []
  readonly #pool: Pool
  readonly #isPlain: boolean
  readonly #isFlaky: boolean
  readonly #tasks: Tracked[] = []
  readonly #open: { gate: Gate; behaviour: Behaviour }[] = []
  readonly #live = new Map<number, number>()
  readonly #ends: Promise<unknown>[] = []

  constructor({ resource, ...options }: PoolOptions & { resource: string }) {
    let inits = 0
    const flaky: Resource<void> = { init: () => (inits++ % 3 === 1 ? Promise.reject(OF_INIT) : undefined) }
    this.#pool = Pool.create<void>({ ...options, logger: new Recorder(), ...(resources[resource] ?? flaky) })
    this.#isPlain = resource === 'none'
    this.#isFlaky = resource === 'flaky'
  }

  async run(script: Command[]): Promise<void> {
    for (const step of script) {
      await this.#step(step)
      this.#audit(step.do)
    }
    await this.#finish()
  }

  async #step(step: Command): Promise<void> {
    const pool = this.#pool
    switch (step.do) {
      case 'submit':
        return this.#submit(step)
      case 'end':
        return this.#end(step.pick)
      case 'abort':
        return this.#abort(step.pick)
      case 'tune':
        return pool.tune(step.size)
      case 'release':
      case 'reboot':
        if (step.do === 'release' || pool.isClosed) this.#waitingOnes().forEach((task) => (task.gone = true))
        return pool[step.do]()
      case 'close':
        this.#ends.push(pool.close())
        return
      case 'turn':
        await turn()
        return this.#auditBusy()
      case 'wait':
        return delay(3)
    }
  }

  #submit({ behaviour, isAbortable, options }: Command & { do: 'submit' }): void {
    const controller = isAbortable ? new AbortController() : undefined
    const words: Record<string, number> = { high: 0, normal: 1, low: 2 }
    const { priority = 1 } = options
    const task: Tracked = {
      sequence: this.#tasks.length,
      priority: typeof priority === 'number' ? priority : words[priority]!,
      canLeaveUnseen: options.waitTimeout !== undefined || this.#isFlaky,
      controller,
      accepted: true,
      starts: 0,
      gone: false,
    }
    this.#tasks.push(task)
    const before = this.#pool.stats().submitted
    const promise = this.#pool.submit(() => this.#play(task, behaviour), { ...options, signal: controller?.signal })
    task.accepted = this.#pool.stats().submitted > before
    const settled = promise.then(
      () => this.#settle(task, 'completed'),
      (error: unknown) => this.#settle(task, this.#nameOf(error, task)),
    )
    this.#ends.push(settled)
  }

  #play(task: Tracked, behaviour: Behaviour): Promise<void> | void {
    const { generation, capacity } = this.#pool.stats()
    const live = (this.#live.get(generation) ?? 0) + 1
    this.#live.set(generation, live)
    if (live > capacity) this.problems.push(`${live} ran at once in a pool of ${capacity}`)
    if (++task.starts > 1) this.problems.push('a task started twice')
    if (task.gone || task.outcome !== undefined) this.problems.push('a task started after it had settled')
    const overtaken = this.#waitingOnes().find(
      (other) =>
        !other.canLeaveUnseen &&
        (other.priority < task.priority || (other.priority === task.priority && other.sequence < task.sequence)),
    )
    if (overtaken) this.problems.push(`task ${task.sequence} overtook task ${overtaken.sequence}`)
    const leave = () => void this.#live.set(generation, this.#live.get(generation)! - 1)
    if (behaviour === 'returns' || behaviour === 'throws') {
      leave()
      if (behaviour === 'throws') throw OWN
      return
    }
    const end = gate()
    this.#open.push({ gate: end, behaviour })
    return end.promise.finally(leave)
  }

  /** Accepted tasks that have neither started nor been sent away. */
  #waitingOnes(): Tracked[] {
    return this.#tasks.filter((task) => task.accepted && task.starts === 0 && !task.gone && !task.outcome)
  }

  #end(index: number): void {
    if (this.#open.length === 0) return
    for (const { gate: end, behaviour } of this.#open.splice(index % this.#open.length, 1)) {
      if (behaviour === 'rejects') end.fail(OWN)
      else end.open()
    }
  }

  #abort(index: number): void {
    const abortable = this.#tasks.filter(({ controller }) => controller && !controller.signal.aborted)
    const task = abortable[index % abortable.length]
    if (task === undefined) return
    if (task.starts === 0) task.gone = true
    task.controller!.abort(ABORTED)
  }

  #settle(task: Tracked, outcome: string): void {
    if (task.outcome !== undefined) this.problems.push(`a task settled as ${task.outcome} and as ${outcome}`)
    task.outcome = outcome
    const ran = task.starts > 0
    const mustHaveRun = outcome === 'completed' || outcome === 'failed' || outcome === 'timedOut'
    const cannotHaveRun = ['overload', 'closed', 'released', 'waitTimeout', 'failed by init'].includes(outcome)
    if ((mustHaveRun && !ran) || (cannotHaveRun && ran)) this.problems.push(`${outcome}, started: ${ran}`)
  }

  #nameOf(error: unknown, { accepted }: Tracked): string {
    if (error === OWN) return 'failed'
    if (error === OF_INIT) return 'failed by init'
    if (error === ABORTED) return 'cancelled'
    if (error instanceof PoolClosedError) return accepted ? 'released' : 'closed'
    if (error instanceof PoolOverloadError) return 'overload'
    if (error instanceof WaitTimeoutError) return 'waitTimeout'
    if (error instanceof TaskTimeoutError) return 'timedOut'
    return `unexpected ${String(error)}`
  }

  #audit(after: string): void {
    const stats = this.#pool.stats()
    for (const claim of contradictions(stats, !this.#isPlain)) this.problems.push(`after ${after}: not ${claim}`)
    if (!this.#isPlain) return // a worker may be booting, or idle in name only while it is disposed of
    if (stats.isClosed && stats.idle > 0) this.problems.push(`after ${after}: one is idle in a closed pool`)
    if (stats.waiting > 0 && stats.available > 0) this.problems.push(`after ${after}: one waits while there is room`)
  }

  /** Between turns a plain pool is as busy as there are closures that have not ended. */
  #auditBusy(): void {
    if (!this.#isPlain) return
    const { busy, generation } = this.#pool.stats()
    const live = this.#live.get(generation) ?? 0
    if (busy !== live) this.problems.push(`busy ${busy}, but ${live} closures run`)
  }

  async #finish(): Promise<void> {
    const pool = this.#pool
    // What ends lets others begin, hence again and again.
    while (this.#open.length > 0 || pool.busy > 0 || pool.waiting > 0) {
      this.#end(0)
      await turn()
    }
    await Promise.all(this.#ends)
    await pool.drain()
    this.#audit('the end')
    this.#auditBusy()
    let last = pool.stats()
    // A resource may be on its way out, as it has been idle for long: then its worker is busy until that is done.
    while (last.busy > 0) {
      await turn()
      last = pool.stats()
    }
    const { submitted, unsettled, busy, waiting, rejected, ...stats } = last
    const count = (...outcomes: string[]) => this.#tasks.filter(({ outcome }) => outcomes.includes(outcome!)).length
    const counted = {
      busy,
      waiting,
      unsettled,
      submitted,
      completed: stats.completed,
      failed: stats.failed,
      timedOut: stats.timedOut,
      cancelled: stats.cancelled,
      ...rejected,
    }
    const expected: typeof counted = {
      ...NONE_REJECTED,
      busy: 0,
      waiting: 0,
      unsettled: 0,
      submitted: this.#tasks.filter(({ accepted }) => accepted).length,
      completed: count('completed'),
      failed: count('failed', 'failed by init'),
      timedOut: count('timedOut'),
      cancelled: count('cancelled'),
      overload: count('overload'),
      closed: count('closed'),
      waitTimeout: count('waitTimeout'),
      released: count('released'),
    }
    for (const [name, value] of Object.entries(expected)) {
      const seen = counted[name as keyof typeof counted]
      if (seen !== value) this.problems.push(`${name} is ${seen}, but it was ${value}`)
    }
    const strange = this.#tasks.filter(({ outcome }) => outcome === undefined || outcome.startsWith('unexpected'))
    for (const { outcome } of strange) this.problems.push(`a task ended as ${outcome}`)
    pool.release()
  }
}

test('whatever is submitted, aborted, tuned, released and rebooted in whatever order, the books are right', async (t) => {
  t.timeout(60_000)
  const scripts = fc.array(command, { minLength: 1, maxLength: 70, size: 'max' })
  await fc.assert(
    fc.asyncProperty(setup, scripts, async (options, script) => {
      const play = new Play(options)
      await play.run(script)
      if (play.problems.length > 0) throw new Error(play.problems.join('\n'))
    }),
    { numRuns: 250, interruptAfterTimeLimit: 20_000, includeErrorInReport: true },
  )
  t.pass()
})
