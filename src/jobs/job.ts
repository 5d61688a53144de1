import { type CancelOutcome, cancel } from './cancel.js'
import { JobCancelledError } from './job-errors.js'
import { type ResultOptions, checkReason, checkResultOptions } from './job-options.js'
import type { JobState, JobStore } from './job-store.js'
import { progressOf } from './progress.js'
import { resultOf } from './result.js'

/**
 * A job that has been stored, wherever and whenever it runs. `T` is what its task gives. It holds nothing but the id:
 * every call asks the store.
 *
 * ```js
 * const job = await jobs.add('render', { page: 7 })
 * console.log(job.id, await job.state())
 * const html = await job.result({ timeout: 60_000 })
 * ```
 */
export class Job<T = unknown> {
  /** By which every process finds the job. */
  readonly id: string
  readonly #store: JobStore
  /** It was removed by this object, and the store knows nothing of it any more. */
  #removed: { readonly reason: string | undefined } | undefined

  /** @internal */
  constructor(store: JobStore, id: string) {
    this.#store = store
    this.id = id
  }

  /** What the job is doing now. A job that was cancelled before it began is `unknown` to others than this object. */
  async state(): Promise<JobState> {
    const { state } = await this.#store.standingOf(this.id)
    return state === 'unknown' && this.#removed !== undefined ? 'cancelled' : state
  }

  /** As `cancel` of the queue, for this job. */
  async cancel(reason?: string): Promise<CancelOutcome> {
    const why = checkReason(reason)
    const outcome = await cancel(this.#store, this.id, why)
    if (outcome === 'removed') this.#removed = { reason: why }
    return outcome
  }

  /**
   * Resolves to what the task gives, as JSON has it, when the job has completed, in whichever process; `undefined` comes
   * as `null`. It can be called as often as one likes, as long as the job is kept. It keeps the process alive.
   *
   * Rejects with a `JobFailedError` if the job has failed for good, with a `JobCancelledError`, with a `JobLostError` if
   * the store does not have the job, with a `ResultTimeoutError` or `signal.reason`, which end the waiting and not the
   * job, and with a `PoolClosedError` if the queue is closed in this process.
   */
  async result(options?: ResultOptions): Promise<T> {
    const checked = checkResultOptions(options)
    const { id } = this
    if (this.#removed !== undefined) throw new JobCancelledError(this.#store.name, id, this.#removed.reason)
    return (await resultOf(this.#store, id, checked)) as T
  }

  /**
   * Yields what the task says by `currentTask().progress(value)` from now on, in order, until the job has ended. As with
   * `onProgress` of a pool, progress is a state: of values that come faster than the store takes them, the newest is
   * stored. Leaving the loop does nothing to the job.
   *
   * ```js
   * for await (const progress of job.progress()) console.log(progress)
   * ```
   */
  progress(): AsyncIterable<unknown> {
    return progressOf(this.#store, this.id)
  }
}
