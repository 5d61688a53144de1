import { inspect } from 'node:util'

/**
 * The codes of the errors of a pool, one for each class. Bad arguments and options are `TypeError`s and `RangeError`s
 * with another code, `ERR_POOL_OPTION`.
 *
 * ```js
 * if (PoolError.is(error) && error.code === 'ERR_POOL_OVERLOAD') response.writeHead(503).end()
 * ```
 */
export type PoolErrorCode =
  | 'ERR_POOL_CLOSED'
  | 'ERR_POOL_OVERLOAD'
  | 'ERR_POOL_WAIT_TIMEOUT'
  | 'ERR_POOL_TASK_TIMEOUT'
  | 'ERR_POOL_WORKER_CRASHED'
  | 'ERR_POOL_WORKER_START'
  | 'ERR_POOL_NO_THREAD'
  | 'ERR_POOL_CLEARED'
  | 'ERR_POOL_RELEASE_TIMEOUT'
  | 'ERR_POOL_UNSUPPORTED'
  | 'ERR_POOL_RESULT_TIMEOUT'
  | 'ERR_POOL_GROUP_TIMEOUT'
  | 'ERR_POOL_JOB_FAILED'
  | 'ERR_POOL_JOB_CANCELLED'
  | 'ERR_POOL_JOB_LOST'

/**
 * Where an error of this package has the code of its class. Every copy of the package that is loaded finds it there.
 */
const BRAND = Symbol.for('workpool.error')

/** Marks the errors of a class with its code. */
export function brand(errorClass: { readonly prototype: PoolError }, code: PoolErrorCode): void {
  Object.defineProperty(errorClass.prototype, BRAND, { value: code })
}

const brandOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as { readonly [BRAND]?: unknown })[BRAND] : undefined

/**
 * An error of the pool itself. Its message ends with the name of the pool. What a task throws is no `PoolError`, nor is
 * `signal.reason`, nor are the `TypeError`s and `RangeError`s of bad arguments (code `ERR_POOL_OPTION`).
 *
 * ```js
 * if (error instanceof PoolError && error.retryable) response.writeHead(503, { 'retry-after': '1' }).end()
 * ```
 */
export abstract class PoolError extends Error {
  /**
   * Whether a value is an error of this class: `PoolError.is(error)` is true for every error of a pool,
   * `PoolOverloadError.is(error)` for those of that class. It answers as `instanceof` does, and also knows the errors
   * of another copy of this package in the process, or of another realm: two dependencies may each bring a copy, and a
   * test runner may load one for each file.
   *
   * ```js
   * if (PoolOverloadError.is(error)) console.warn(`${error.waiting} tasks wait already`)
   * ```
   */
  static is<C extends abstract new (...args: never[]) => PoolError>(this: C, error: unknown): error is InstanceType<C> {
    const code = brandOf(error)
    return code !== undefined && ((this as unknown) === PoolError || code === brandOf(this.prototype))
  }

  /** Names the class. It does not change between versions. */
  abstract readonly code: PoolErrorCode
  /**
   * Whether the same call may succeed later. Whether you may repeat it depends on the task: after a crash or a timeout
   * it has already done part of its work.
   */
  abstract readonly retryable: boolean

  /**
   * @param pool the name of the pool, or of the `place` that stands for it
   * @internal
   */
  constructor(pool: string, what: string, place = 'pool') {
    super(`${what} (${place} "${pool}")`)
  }
}

// The name is on the prototype, as with the language's own errors: in the stack, not among an error's properties.
Object.defineProperty(PoolError.prototype, 'name', {
  configurable: true,
  get(this: PoolError) {
    return this.constructor.name
  },
})

/**
 * The pool is closed. The task was submitted after `release` or `close`; or it was waiting at `release`; or it was
 * unsettled at `destroy`, or when the owner of the threads of a shared pool ended.
 */
export class PoolClosedError extends PoolError {
  static {
    brand(this, 'ERR_POOL_CLOSED')
  }

  readonly code = 'ERR_POOL_CLOSED'
  readonly retryable = false
}

/**
 * Why a task was turned away with a `PoolOverloadError`.
 *
 * - `overload`: no worker was free, and `nonblocking` or `maxBlockingTasks` did not let the task wait.
 * - `rate`: as many tasks had started as `rate` allows, and the task could not wait.
 * - `key`: as many tasks of its key ran as `perKey` allows, and the task could not wait; or as many waited as
 *   `maxBlockingPerKey` allows.
 * - `paused`: the pool was paused, and the task could not wait.
 * - `displaced`: the task waited, and gave way to another one, as `overload: 'discard-oldest'` has it.
 * - `shed`: the task waited for longer than the `target` of `shed` in a queue that did not empty.
 */
export type OverloadReason = 'overload' | 'rate' | 'key' | 'paused' | 'displaced' | 'shed'

/** What has happened, and what helps. */
const OVERLOADS: Readonly<Record<OverloadReason, readonly [what: string, help: string]>> = {
  overload: ['the pool is full', 'submit again when tasks have ended'],
  rate: ['as many tasks have started as the rate of the pool allows', 'submit again later'],
  key: ['as many tasks of the key run or wait as may', 'submit again when one of them has ended'],
  paused: ['the pool is paused', 'submit again after resume()'],
  displaced: ['the task gave way to another one, as the queue was full', 'submit again later'],
  shed: ['the task waited for too long in a queue that did not empty', 'submit again later'],
}

/**
 * The task was turned away: it would have had to wait and was not allowed to, or it waited and had to give way. `reason`
 * says which.
 *
 * ```js
 * if (PoolOverloadError.is(error)) {
 *   const seconds = Math.ceil((error.retryAfter ?? 1_000) / 1_000)
 *   response.writeHead(503, { 'retry-after': `${seconds}` }).end()
 * }
 * ```
 */
export class PoolOverloadError extends PoolError {
  static {
    brand(this, 'ERR_POOL_OVERLOAD')
  }

  readonly code = 'ERR_POOL_OVERLOAD'
  readonly retryable = true
  /** Why the task was turned away. Of a `MultiPool`: what all its open pools said, or else `overload`. */
  readonly reason: OverloadReason
  /** How many tasks were waiting when this one was turned away. Of a `MultiPool`: in all pools. */
  readonly waiting: number
  /** The capacity at that moment. Of a `MultiPool`: the sum. */
  readonly capacity: number
  /**
   * How long you should wait before you submit again, in ms from when the task was turned away; `undefined` if that is
   * not known. With the reason `rate` it is the time until a task behind all that wait could start. Otherwise it is an
   * estimate: the number of waiting tasks, divided by the rate at which tasks have ended since an earlier refusal, at
   * least 100 ms ago. So it is not known for the first refusals. Of a `MultiPool`: the least of its pools.
   */
  readonly retryAfter: number | undefined

  /** @internal */
  constructor(
    pool: string,
    reason: OverloadReason,
    { waiting, capacity, retryAfter }: Pick<PoolOverloadError, 'waiting' | 'capacity' | 'retryAfter'>,
  ) {
    const [what, help] = OVERLOADS[reason]
    const advice = retryAfter === undefined ? help : `submit again in ${retryAfter} ms`
    super(pool, `${what}: capacity ${capacity}, ${waiting} waiting; ${advice}`)
    this.reason = reason
    this.waiting = waiting
    this.capacity = capacity
    this.retryAfter = retryAfter
  }
}

/** The task was waiting when `clear` emptied the queue. It has not begun, and the pool stays open. */
export class PoolClearedError extends PoolError {
  static {
    brand(this, 'ERR_POOL_CLEARED')
  }

  readonly code = 'ERR_POOL_CLEARED'
  readonly retryable = false

  /** @internal */
  constructor(pool: string) {
    super(pool, 'the queue was cleared while the task waited')
  }
}

/** No worker was free within the task's `waitTimeout`. The task has not begun. */
export class WaitTimeoutError extends PoolError {
  static {
    brand(this, 'ERR_POOL_WAIT_TIMEOUT')
  }

  readonly code = 'ERR_POOL_WAIT_TIMEOUT'
  readonly retryable = true
  /** The `waitTimeout` of the task, in ms. */
  readonly waitTimeout: number
  /** The name of the closure, if it has one. In a thread pool: the name of the export. */
  readonly task: string | undefined

  /** @internal */
  constructor(pool: string, waitTimeout: number, task: string | undefined) {
    const named = task === undefined ? '' : ` for ${describeTask(task)}`
    const what =
      waitTimeout === 0
        ? `is free${named}, and its waitTimeout is 0`
        : `was free${named} within the waitTimeout of ${waitTimeout} ms`
    super(pool, `no worker ${what}`)
    this.waitTimeout = waitTimeout
    this.task = task
  }
}

/**
 * The task ran longer than its `timeout`. A closure runs on until it ends; to end early it has to heed
 * `context.signal`. A thread is ended if its task does not heed `currentTask().signal` within `grace`.
 */
export class TaskTimeoutError extends PoolError {
  static {
    brand(this, 'ERR_POOL_TASK_TIMEOUT')
  }

  readonly code = 'ERR_POOL_TASK_TIMEOUT'
  readonly retryable = true
  /** The `timeout` of the task, in ms. */
  readonly timeout: number
  /** The name of the closure, if it has one. In a thread pool: the name of the export. */
  readonly task: string | undefined
  /** Where the task was submitted, as the lines of a stack, if the pool has `trackSubmit`. `stack` has it, too. */
  declare readonly submitStack?: string

  /** @internal */
  constructor(pool: string, timeout: number, task: string | undefined) {
    super(pool, `${describeTask(task)} ran longer than its timeout of ${timeout} ms`)
    this.timeout = timeout
    this.task = task
  }
}

/**
 * A thread died while it had the task: it exited, ran out of memory, or threw outside of a task. `cause` is the
 * uncaught error, if there was one. Tasks that the thread had not begun are not affected.
 */
export class WorkerCrashedError extends PoolError {
  static {
    brand(this, 'ERR_POOL_WORKER_CRASHED')
  }

  readonly code = 'ERR_POOL_WORKER_CRASHED'
  readonly retryable = true
  /** The exit code of the thread, as `worker_threads` reports it. */
  readonly exitCode: number

  /** @internal */
  constructor(pool: string, exitCode: number, cause: unknown) {
    super(pool, `the thread ended with exit code ${exitCode} while it ran the task`)
    this.exitCode = exitCode
    if (cause !== undefined) this.cause = cause
  }
}

/**
 * No thread could load the task module. The message names the file and the reason; `cause` is the error itself. Of a
 * `NativePool`: the operating system gives no thread.
 *
 * A missing file, a syntax error, and a module that throws reject tasks at once. A thread that dies while it loads is
 * started again first, after 100, 200 and 400 ms. While another thread works, no task rejects: tasks wait for that
 * thread, the logger is told once, and the pool tries to start another thread after 100 ms, and then after pauses that
 * double up to 5 s.
 */
export class WorkerStartError extends PoolError {
  static {
    brand(this, 'ERR_POOL_WORKER_START')
  }

  readonly code = 'ERR_POOL_WORKER_START'
  readonly retryable = false

  /** @internal */
  constructor(pool: string, filename: string | undefined, cause: unknown) {
    super(
      pool,
      `${filename === undefined ? 'no thread could be started' : `no thread could load ${filename}`}: ${brief(cause)}`,
    )
    this.cause = cause
  }
}

/** An error in a line, as part of the message of another one. */
function brief(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error, { depth: 0 })
  const [line] = text.split('\n', 1)
  return line!.length > MOST_CHARACTERS ? `${line!.slice(0, MOST_CHARACTERS)}…` : line!
}
const MOST_CHARACTERS = 300

/**
 * The call has a `timeout` or `waitTimeout`, and the operating system gives no thread that could watch the time: it has
 * reached a limit of processes, of pids in a container, or of memory. Nothing was accepted or closed. The next such
 * call asks the system again.
 */
export class NoThreadError extends PoolError {
  static {
    brand(this, 'ERR_POOL_NO_THREAD')
  }

  readonly code = 'ERR_POOL_NO_THREAD'
  readonly retryable = true

  /** @internal */
  constructor(pool: string, reason: string) {
    super(pool, `the system gives no thread to see to times: ${reason}`)
  }
}

/**
 * Workers were left when the time of `releaseTimeout` or `close` was up. The pool stays closed, and these workers end
 * when their tasks do.
 */
export class ReleaseTimeoutError extends PoolError {
  static {
    brand(this, 'ERR_POOL_RELEASE_TIMEOUT')
  }

  readonly code = 'ERR_POOL_RELEASE_TIMEOUT'
  readonly retryable = false
  /** How many workers of the closed generation were left. */
  readonly workers: number
  /** The time that was up, in ms. */
  readonly timeout: number

  /** @internal */
  constructor(pool: string, workers: number, timeout: number) {
    super(pool, `${workers} ${workers === 1 ? 'worker was' : 'workers were'} left after ${timeout} ms`)
    this.workers = workers
    this.timeout = timeout
  }
}

/**
 * The runtime cannot do what was asked: `stacks` and `profile` need Node's inspector. Node may have been built without
 * it, or may be told to deny it (`--permission`); other runtimes have none. `cause` is what the runtime said.
 */
export class PoolUnsupportedError extends PoolError {
  static {
    brand(this, 'ERR_POOL_UNSUPPORTED')
  }

  readonly code = 'ERR_POOL_UNSUPPORTED'
  readonly retryable = false

  /** @internal */
  constructor(pool: string, what: string, cause: unknown) {
    super(pool, what)
    if (cause !== undefined) this.cause = cause
  }
}

/** A name may hold anything, and be of any length. */
function describeTask(name: string | undefined): string {
  return name === undefined ? 'the task' : `the task "${name.length > 64 ? `${name.slice(0, 64)}…` : name}"`
}

const CODE = 'ERR_POOL_OPTION'

function describe(option: string, value: unknown, allowed: string): string {
  return `${option} must be ${allowed}, not ${inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 64 })}`
}

/** The value is of the wrong kind. */
export function wrongType(option: string, value: unknown, allowed: string): TypeError {
  return Object.assign(new TypeError(describe(option, value, allowed)), { code: CODE })
}

/** The value is of the right kind, but not allowed. */
export function outOfRange(option: string, value: unknown, allowed: string): RangeError {
  return Object.assign(new RangeError(describe(option, value, allowed)), { code: CODE })
}

/** The call makes no sense as it stands. */
export function misuse(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: CODE })
}
