/** Waits for the end of a job, wherever it runs. An event says so first; the store is the truth, and is asked as well. */
import { Promise, clearTimeout, setTimeout } from '../base/intrinsics.js'
import { PoolClosedError } from '../base/errors.js'
import { ResultTimeoutError } from '../base/result-errors.js'
import { JobCancelledError, JobFailedError, JobLostError } from './job-errors.js'
import { attemptsOf, revived } from './job-record.js'
import type { JobStore, Standing } from './job-store.js'

/** The pauses between two looks into the store. Events are lost seldom. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000
/** A job that is not kept has left the store when its event comes, so the event has this long to come. */
const PAUSE_IF_GONE = 1_000

/** Those who wait, by store: they give up when it closes. */
const waiters = new WeakMap<JobStore, Set<Waiter>>()

class Waiter {
  readonly promise: Promise<unknown>
  readonly #store: JobStore
  readonly #id: string
  readonly #endings: (() => void)[] = []
  #settle!: { resolve: (value: unknown) => void; reject: (error: unknown) => void }
  #isOver = false
  #timer: NodeJS.Timeout | undefined
  #pause = FIRST_PAUSE
  /** What was heard of a cancellation. */
  #cancelled: { readonly reason?: string } | undefined
  #wasGone = false

  constructor(store: JobStore, id: string, { signal, timeout }: { signal?: AbortSignal; timeout?: number }) {
    this.#store = store
    this.#id = id
    this.promise = new Promise((resolve, reject) => (this.#settle = { resolve, reject }))
    const all = waiters.get(store) ?? new Set()
    waiters.set(store, all.add(this))
    this.#endings.push(() => all.delete(this))
    if (signal !== undefined) {
      const abort = (): void => this.reject(signal.reason)
      signal.addEventListener('abort', abort)
      this.#endings.push(() => signal.removeEventListener('abort', abort))
    }
    if (timeout !== undefined) {
      const timer = setTimeout(() => this.reject(new ResultTimeoutError(store.name, timeout)), timeout)
      this.#endings.push(() => clearTimeout(timer))
    }
    this.#endings.push(
      store.events.hear('completed', id, ({ returnvalue }) => this.#resolve(returnvalue)),
      store.events.hear('failed', id, () => this.#look()),
      store.events.hear('cancel', id, (heard) => (this.#cancelled = heard)),
      store.events.hear('cancelled', id, ({ reason }) => this.reject(new JobCancelledError(store.name, id, reason))),
    )
    void store.events.open().then(
      () => this.#look(),
      (error: unknown) => {
        store.failed(error)
        this.#look()
      },
    )
  }

  #look(): void {
    if (this.#isOver) return
    clearTimeout(this.#timer)
    void this.#store.standingOf(this.#id).then(
      (standing) => this.#see(standing),
      (error: unknown) => {
        if (PoolClosedError.is(error)) this.reject(error)
        // The store cannot be reached; its connection says so itself.
        else this.#lookAgain()
      },
    )
  }

  #see(standing: Standing): void {
    const { name } = this.#store
    const id = this.#id
    switch (standing.state) {
      case 'completed':
        return this.#resolve(standing.value)
      case 'failed': {
        const { job, error } = standing
        const failed = { id, task: job.name, attempts: attemptsOf(job) }
        return this.reject(new JobFailedError(name, failed, revived(error)))
      }
      case 'cancelled':
        return this.reject(new JobCancelledError(name, id, standing.reason))
      case 'unknown':
        if (this.#cancelled !== undefined) return this.reject(new JobCancelledError(name, id, this.#cancelled.reason))
        if (this.#wasGone) return this.reject(new JobLostError(name, id))
        this.#wasGone = true
        return this.#lookAgain(PAUSE_IF_GONE)
    }
    this.#wasGone = false
    this.#lookAgain()
  }

  #lookAgain(pause = this.#pause): void {
    if (this.#isOver) return
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), pause)
  }

  #resolve(value: unknown): void {
    this.#end()
    // A task that gives nothing is stored as one that gives null.
    this.#settle.resolve(value ?? null)
  }

  reject(error: unknown): void {
    this.#end()
    this.#settle.reject(error)
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    for (const end of this.#endings.splice(0)) end()
  }
}

/**
 * @returns a promise of the result, which rejects with what `Job.result` says
 */
export async function resultOf(
  store: JobStore,
  id: string,
  options: { signal?: AbortSignal; timeout?: number },
): Promise<unknown> {
  store.assertOpen()
  if (options.signal?.aborted) throw options.signal.reason
  return new Waiter(store, id, options).promise
}

/** Whoever waits at a store that closes waits in vain. */
export function giveUpWaiting(store: JobStore): void {
  const error = new PoolClosedError(
    store.name,
    'the queue was closed while a result was awaited; the job goes on',
    'queue',
  )
  for (const waiter of waiters.get(store) ?? []) waiter.reject(error)
}
