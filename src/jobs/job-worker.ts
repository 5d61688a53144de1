/** What this process does for a queue: it takes jobs and runs their tasks in the threads of a pool. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as after } from 'node:timers/promises'
import type { Job as StoredJob, Worker } from 'bullmq'

import { Promise, clearTimeout, process, setTimeout } from '../base/intrinsics.js'
import type { Tasks } from '../pool/module-types.js'
import type { ThreadPool } from '../pool/thread-pool.js'
import { checkCloseOptions, checkConcurrency } from './job-options.js'
import { recordOf } from './job-record.js'
import type { JobStore } from './job-store.js'
import { type Node, RunningJob } from './running-job.js'

/**
 * What `work` needs of a `ThreadPool`, and `M` is the type of its task module. It is no class, so that a pool of another
 * copy of this package is one, too.
 */
export interface JobThreads<M = any> {
  readonly kind: 'threads'
  readonly name: string
  readonly capacity: number
  readonly tasks: Tasks<M>
}

/** The checked options of `work`. */
export interface WorkSettings {
  readonly concurrency?: number
  readonly rate?: { readonly limit: number; readonly interval: number }
}

/**
 * Works on the jobs of a queue with the threads of a pool. It takes a job when a place is free, renews its lease while
 * the task runs, and gives it back if this process shuts down. The pool stays its owner's.
 *
 * ```js
 * const worker = jobs.work(threads, { concurrency: 8 })
 * process.once('SIGTERM', () => jobs.close({ timeout: 10_000 }))
 * ```
 */
export class JobWorker {
  /** As `stats().workers` and the store name it: host, process and a number by chance. */
  readonly name: string
  readonly #store: JobStore
  readonly #worker: Worker
  readonly #node: Node
  readonly #running = new Map<string, RunningJob>()
  /** What was cancelled before it was heard that it runs here, and until when that is of use. */
  readonly #cancelled = new Map<string, { readonly why: { readonly reason?: string }; readonly until: number }>()
  /** Whether `concurrency` follows the pool. */
  #isAsPool: boolean
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(store: JobStore, pool: JobThreads, { concurrency, rate }: WorkSettings) {
    const threads = pool as ThreadPool<any>
    this.#store = store
    this.#isAsPool = concurrency === undefined
    this.name = nameOfNode()
    this.#node = { threads, broken: (error) => this.#break(error) }
    this.#worker = store.worker((job, token) => this.#process(job, token!), {
      name: this.name,
      concurrency: concurrency ?? placesOf(threads),
      ...(rate !== undefined && { limiter: { max: rate.limit, duration: rate.interval } }),
    })
    this.#worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => this.#running.get(id)?.loseLease()))
    this.#worker.on('locksRenewed', ({ jobIds }) => void this.#lookForCancelled(jobIds))
    store.events.on('cancel', this.#hearCancel)
    void this.#start()
  }

  async #start(): Promise<void> {
    try {
      // Before the first job, so that no cancellation is missed.
      await this.#store.events.open()
    } catch (error) {
      // Cancelled jobs are found when their leases are renewed.
      this.#store.failed(error)
    }
    const isWanted = this.#closing === undefined && !this.#worker.isRunning()
    if (isWanted) await this.#worker.run().catch(this.#store.failed)
  }

  async #process(job: StoredJob, token: string): Promise<unknown> {
    const running = new RunningJob(this.#store, job, this.#node)
    // A worker that waits for a job when it is paused takes the next one all the same.
    if (this.isPaused) throw await running.giveBack(token)
    const id = job.id!
    this.#running.set(id, running)
    const cancelled = this.#cancelled.get(id)
    if (cancelled !== undefined && cancelled.until > Date.now()) running.cancel(cancelled.why)
    if (this.#isAsPool) this.#worker.concurrency = placesOf(this.#node.threads)
    try {
      return await running.run(token)
    } finally {
      if (this.#running.get(id) === running) this.#running.delete(id)
    }
  }

  readonly #hearCancel = ({ jobId, reason }: { jobId: string; reason?: string }): void => {
    const why = reason === undefined ? {} : { reason }
    const running = this.#running.get(jobId)
    if (running !== undefined) return running.cancel(why)
    // The job may be on its way to us.
    const now = Date.now()
    for (const [id, { until }] of this.#cancelled) if (until < now) this.#cancelled.delete(id)
    this.#cancelled.set(jobId, { why, until: now + this.#store.settings.lease })
  }

  /** Events may be lost. What was cancelled says so itself. */
  async #lookForCancelled(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      try {
        const job = await this.#store.find(id)
        const cancelled = job && recordOf(job).cancelled
        if (cancelled !== undefined) this.#running.get(id)?.cancel(cancelled)
      } catch (error) {
        this.#store.failed(error)
        return
      }
    }
  }

  /** Without that, every job that waits would be taken and given back at once, again and again. */
  #break(error: Error): void {
    if (this.#worker.isPaused() || this.#closing !== undefined) return
    this.pause()
    this.#store.failed(
      Object.assign(new Error(`the worker "${this.name}" has paused, as its pool runs nothing: ${error.message}`), {
        cause: error,
      }),
    )
  }

  /**
   * Sets how many jobs this worker has at once. If it is fewer than now, no job is taken until enough have ended. From
   * then on the number does not follow the pool.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  tune(size: number): void {
    this.#worker.concurrency = checkConcurrency(size)
    this.#isAsPool = false
  }

  /** Whether the worker takes no jobs, because of `pause` or because its pool runs nothing. */
  get isPaused(): boolean {
    return this.#worker.isPaused()
  }

  /** How many jobs run here. */
  get running(): number {
    return this.#running.size
  }

  /** Takes no more jobs. What runs goes on. */
  pause(): void {
    void this.#worker.pause(true).catch(this.#store.failed)
  }

  /** Takes jobs again, after `pause` or when the pool runs tasks again. */
  resume(): void {
    if (this.isPaused && this.#closing === undefined) void this.#worker.resume().catch(this.#store.failed)
  }

  /**
   * Takes no more jobs, and resolves when those that run have ended. With a `timeout`, in ms from the call, those that
   * still run then are aborted; their jobs go back to waiting, and have used up no attempt.
   */
  close(options?: { timeout?: number | undefined }): Promise<void> {
    let timeout: number | undefined
    try {
      timeout = checkCloseOptions(options).timeout
    } catch (error) {
      return Promise.reject(error)
    }
    const timer =
      timeout === undefined ? undefined : setTimeout(() => this.#running.forEach((job) => job.shutDown()), timeout)
    this.#closing ??= this.#close()
    return this.#closing.finally(() => clearTimeout(timer))
  }

  async #close(): Promise<void> {
    try {
      // A connection that is made while the worker closes would stay. Of a store that is away there is none.
      await Promise.race([this.#worker.waitUntilReady().catch(() => {}), after(PATIENCE, undefined, { ref: false })])
      await this.#worker.close()
    } finally {
      this.#store.events.off('cancel', this.#hearCancel)
    }
  }
}

const placesOf = (threads: ThreadPool<any>): number => Math.max(1, threads.places())

/** Not `instanceof`: this entry point loads nothing of the pools, and the pool may be of another copy of the package. */
export const isThreadPool = (value: unknown): value is JobThreads => {
  const pool = value as Partial<ThreadPool<any>> | null | undefined
  return typeof pool === 'object' && pool?.kind === 'threads' && typeof pool.places === 'function'
}

/** How long a store that does not answer may hold up the end, in ms. */
const PATIENCE = 5_000

/** Stores cut long names. */
const nameOfNode = (): string =>
  `${hostname()
    .replaceAll(/[^\w.-]/g, '-')
    .slice(0, 24)}/${process.pid}/${randomBytes(3).toString('hex')}`
