import { inspect } from 'node:util'

/** What a pool itself rejects with. `code` is stable; `retryable` says whether the same call may succeed later. */
export abstract class PoolError extends Error {
  abstract readonly code: string
  abstract readonly retryable: boolean

  /** @internal */
  constructor(pool: string, what: string) {
    super(`${what} (pool "${pool}")`)
  }
}

// The name is on the prototype, as with the language's own errors: in the stack, not among an error's properties.
Object.defineProperty(PoolError.prototype, 'name', {
  configurable: true,
  get(this: PoolError) {
    return this.constructor.name
  },
})

/** The pool is closed: the task was submitted after `release` or `close`, or it waited at release. */
export class PoolClosedError extends PoolError {
  readonly code = 'ERR_POOL_CLOSED'
  readonly retryable = false
}

/** The pool is full, and `nonblocking` or `maxBlockingTasks` does not let the task wait. */
export class PoolOverloadError extends PoolError {
  readonly code = 'ERR_POOL_OVERLOAD'
  readonly retryable = true
}

/** No worker was free within the task's `waitTimeout`. */
export class WaitTimeoutError extends PoolError {
  readonly code = 'ERR_POOL_WAIT_TIMEOUT'
  readonly retryable = true
}

/** The task ran longer than its `timeout`. Its closure goes on until it ends; heed `context.signal` to end early. */
export class TaskTimeoutError extends PoolError {
  readonly code = 'ERR_POOL_TASK_TIMEOUT'
  readonly retryable = true
}

/** The thread of a task died under it. */
export class WorkerCrashedError extends PoolError {
  readonly code = 'ERR_POOL_WORKER_CRASHED'
  readonly retryable = true
  /** Of the thread. */
  readonly exitCode: number

  constructor(pool: string, exitCode: number, cause: unknown) {
    super(pool, `the thread ended with exit code ${exitCode} while it ran the task`)
    this.exitCode = exitCode
    if (cause !== undefined) this.cause = cause
  }
}

/** No thread could load the task module; `cause` says why. */
export class WorkerStartError extends PoolError {
  readonly code = 'ERR_POOL_WORKER_START'
  readonly retryable = false

  constructor(pool: string, message: string, cause: unknown) {
    super(pool, message)
    this.cause = cause
  }
}

/** Workers were left when the time of `releaseTimeout` or `close` was up. The pool stays closed. */
export class ReleaseTimeoutError extends PoolError {
  readonly code = 'ERR_POOL_RELEASE_TIMEOUT'
  readonly retryable = false
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
