/** The errors of those who wait for jobs. They are errors of a pool, with the name of the queue in its place. */
import { PoolError, brand } from '../base/errors.js'

const QUEUE = 'queue'

/**
 * The job has failed, and is not tried again: it has no attempts left, or its error was one that no attempt can mend.
 * `cause` is the error of the last attempt, with its name, its message and the first 2,000 characters of its stack. It
 * is an `Error` whatever its class was, as it comes out of the store.
 *
 * ```js
 * if (JobFailedError.is(error) && error.cause.name === 'TaskTimeoutError') console.warn(`${error.id} was too slow`)
 * ```
 */
export class JobFailedError extends PoolError {
  static {
    brand(this, 'ERR_POOL_JOB_FAILED')
  }

  readonly code = 'ERR_POOL_JOB_FAILED'
  readonly retryable = false
  /** The id of the job. */
  readonly id: string
  /** The name of the task. */
  readonly task: string
  /** How many attempts were used up. */
  readonly attempts: number
  override readonly cause: Error

  /** @internal */
  constructor(queue: string, { id, task, attempts }: Pick<JobFailedError, 'id' | 'task' | 'attempts'>, cause: Error) {
    const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`
    super(queue, `the job "${id}" of "${task}" has failed after ${tries}: ${cause.name}: ${cause.message}`, QUEUE)
    this.id = id
    this.task = task
    this.attempts = attempts
    this.cause = cause
  }
}

/** The job was cancelled: it was removed before it began, or its task was aborted. */
export class JobCancelledError extends PoolError {
  static {
    brand(this, 'ERR_POOL_JOB_CANCELLED')
  }

  readonly code = 'ERR_POOL_JOB_CANCELLED'
  readonly retryable = false
  /** The id of the job. */
  readonly id: string
  /** What `cancel` was given, if anything. */
  readonly reason: string | undefined

  /** @internal */
  constructor(queue: string, id: string, reason: string | undefined) {
    super(queue, `the job "${id}" was cancelled${reason === undefined ? '' : `: ${reason}`}`, QUEUE)
    this.id = id
    this.reason = reason
  }
}

/**
 * Nothing is known of the job: the store does not have it. It was removed, or it has ended and its result is not kept
 * any longer (`keep`), or the store has forgotten it.
 */
export class JobLostError extends PoolError {
  static {
    brand(this, 'ERR_POOL_JOB_LOST')
  }

  readonly code = 'ERR_POOL_JOB_LOST'
  readonly retryable = false
  /** The id of the job. */
  readonly id: string

  /** @internal */
  constructor(queue: string, id: string) {
    super(queue, `the store has no job "${id}": it was removed, or has ended and is not kept any longer`, QUEUE)
    this.id = id
  }
}
