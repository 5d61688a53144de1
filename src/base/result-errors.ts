/** The errors of those who wait for the results of tasks, as the pool has refused nothing. */
import { PoolError, brand } from './errors.js'

/** `get` of a future gave up: the result was not there in time. The task goes on, and `get` may be called again. */
export class ResultTimeoutError extends PoolError {
  static {
    brand(this, 'ERR_POOL_RESULT_TIMEOUT')
  }

  readonly code = 'ERR_POOL_RESULT_TIMEOUT'
  readonly retryable = true
  /** The `timeout` of `get`, in ms. */
  readonly timeout: number

  /** @internal */
  constructor(pool: string, timeout: number) {
    super(pool, `the result was not there after ${timeout} ms; the task goes on`)
    this.timeout = timeout
  }
}

/** The time of a group was up. What was open has been aborted; `results` of the group has the rest. */
export class GroupTimeoutError extends PoolError {
  static {
    brand(this, 'ERR_POOL_GROUP_TIMEOUT')
  }

  readonly code = 'ERR_POOL_GROUP_TIMEOUT'
  readonly retryable = true
  /** The `timeout` of the group, in ms. */
  readonly timeout: number

  /** @internal */
  constructor(pool: string, timeout: number) {
    super(pool, `the group took longer than its timeout of ${timeout} ms`)
    this.timeout = timeout
  }
}
