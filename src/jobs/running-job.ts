/** One attempt at a job: its task in a thread, and what its end means for the job. */
import type { Job as StoredJob } from 'bullmq'

import {
  NoThreadError,
  PoolClearedError,
  PoolClosedError,
  PoolOverloadError,
  WaitTimeoutError,
  WorkerStartError,
} from '../base/errors.js'
import { AbortController } from '../base/intrinsics.js'
import type { ThreadPool } from '../pool/thread-pool.js'
import { JobCancelledError } from './job-errors.js'
import { allowedOf, attemptsOf, keptOf, recordOf } from './job-record.js'
import type { JobStore } from './job-store.js'
import { assertStorable } from './json-values.js'

/** Why a task is aborted that is not at fault. */
const SHUTDOWN = new Error('the worker is shutting down; the job goes back to waiting')
const LEASE_LOST = new Error('the lease of the job was lost; another worker has it')

/** How long a job waits that the pool did not take, if the pool does not know. */
const BUSY_PAUSE = 1_000

/** The pool itself has said that it has no room now. The function of the task was not called. */
const BUSY = [PoolOverloadError, WaitTimeoutError, PoolClearedError, NoThreadError]
/** No task will run on this node before somebody has seen to it. */
const BROKEN = [PoolClosedError, WorkerStartError]

/** What the attempt asks of the worker whose it is. */
export interface Node {
  readonly threads: ThreadPool<any>
  /** The pool cannot run anything: no more jobs are to be taken. */
  broken(error: Error): void
}

export class RunningJob {
  readonly #store: JobStore
  readonly #job: StoredJob
  readonly #node: Node
  readonly #controller = new AbortController()
  #cancelled: { readonly reason?: string } | undefined
  /** The newest progress, and the writing of it. */
  #news: { readonly value: unknown } | undefined
  #writing: Promise<void> | undefined

  constructor(store: JobStore, job: StoredJob, node: Node) {
    this.#store = store
    this.#job = job
    this.#node = node
  }

  cancel(why: { readonly reason?: string }): void {
    this.#cancelled ??= why
    this.#controller.abort(new JobCancelledError(this.#store.name, this.#job.id!, why.reason))
  }

  loseLease(): void {
    this.#controller.abort(LEASE_LOST)
  }

  shutDown(): void {
    this.#controller.abort(SHUTDOWN)
  }

  /**
   * Gives what the task gives, or throws what tells BullMQ what becomes of the job.
   *
   * @param token of the lease
   */
  async run(token: string): Promise<unknown> {
    const { cancelled, timeout, sizeLimit } = recordOf(this.#job)
    if (cancelled !== undefined) this.cancel(cancelled)
    const used = attemptsOf(this.#job)
    if (used >= allowedOf(this.#job)) {
      const lost = `its lease was lost in the last of ${used} attempts: the process died, or was silent for too long`
      throw this.#failure(Object.assign(new Error(lost), { name: 'LeaseLostError' }), true)
    }
    let result: unknown
    try {
      result = await this.#call(timeout)
    } catch (error) {
      await this.#writing
      throw await this.#verdict(error, token)
    }
    await this.#writing
    try {
      assertStorable(result, 'the result', { refusesNul: this.#store.home.refusesNul, sizeLimit })
    } catch (error) {
      // It would be no better the next time.
      throw this.#failure(error, true)
    }
    return result ?? null
  }

  #call(timeout: number | undefined): Promise<unknown> {
    const { argument, isSpread } = recordOf(this.#job)
    const { threads } = this.#node
    const { name } = this.#job
    const options = {
      signal: this.#controller.signal,
      onProgress: this.#hear,
      ...(timeout !== undefined && { timeout }),
    }
    if (!isSpread) return threads.run(argument, { name, ...options } as never) as Promise<unknown>
    return threads.with(options).tasks[name]!(...(argument as unknown[]))
  }

  /** What an error of the call means for the job. */
  async #verdict(error: unknown, token: string): Promise<Error> {
    const { signal } = this.#controller
    if (signal.aborted && error === signal.reason) {
      if (error === LEASE_LOST) return this.#leave()
      if (error === SHUTDOWN) return this.giveBack(token)
      return this.#cancellation(error)
    }
    if (BROKEN.some((of) => of.is(error))) {
      this.#node.broken(error as Error)
      return this.giveBack(token)
    }
    if (BUSY.some((of) => of.is(error))) {
      const pause = PoolOverloadError.is(error) ? (error.retryAfter ?? BUSY_PAUSE) : BUSY_PAUSE
      return this.giveBack(token, Math.max(pause, 1))
    }
    return this.#failure(error, isFinal(error))
  }

  /** The job goes back and has used up no attempt. */
  async giveBack(token: string, pause = 0): Promise<Error> {
    try {
      if (pause > 0) await this.#job.moveToDelayed(Date.now() + pause, token)
      else await this.#job.moveToWait(token)
    } catch (error) {
      // The lease will run out, and the job comes back by that.
      this.#store.failed(error)
    }
    return this.#leave()
  }

  /** Tells BullMQ that nothing is to be done with the job. */
  #leave(): Error {
    return new this.#store.bullmq.WaitingError()
  }

  /** The record says that the job was cancelled; the one who did it has written that, unless only an event came. */
  async #cancellation(error: unknown): Promise<Error> {
    const record = recordOf(this.#job)
    if (record.cancelled === undefined) {
      await this.#job.updateData({ ...record, cancelled: this.#cancelled ?? {} }).catch(this.#store.failed)
    }
    return this.#stored(keptOf(error), true)
  }

  /** @param isLast whether no attempt could mend it */
  #failure(error: unknown, isLast: boolean): Error {
    return this.#stored(keptOf(error), isLast || attemptsOf(this.#job) + 1 >= allowedOf(this.#job))
  }

  #stored({ message, stack }: { message: string; stack: string }, isLast: boolean): Error {
    const error = isLast ? new this.#store.bullmq.UnrecoverableError(message) : new Error(message)
    error.stack = stack
    return error
  }

  readonly #hear = (value: unknown): void => {
    this.#news = { value }
    this.#writing ??= this.#write()
  }

  /** One value after the other, so that they are in order; of those that come meanwhile, the newest. */
  async #write(): Promise<void> {
    for (let news = this.#news; news !== undefined; news = this.#news) {
      this.#news = undefined
      try {
        assertStorable(news.value, 'the progress', { refusesNul: this.#store.home.refusesNul })
        await this.#job.updateProgress(news.value as object)
      } catch (error) {
        this.#store.failed(error)
      }
    }
    this.#writing = undefined
  }
}

/**
 * Errors that another attempt cannot mend: those that BullMQ knows by this name, and results that cannot leave the
 * thread.
 */
function isFinal(error: unknown): boolean {
  const name = error instanceof Error || error instanceof DOMException ? error.name : undefined
  return name === 'UnrecoverableError' || name === 'DataCloneError'
}
