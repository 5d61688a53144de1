import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'

import { Promise, clearTimeout, setTimeout } from '../base/intrinsics.js'
import { misuse, wrongType } from '../base/errors.js'
import { type DeadLetter, DEAD_LETTER } from '../options/policy-options.js'
import type { Argument, Names, Result } from '../pool/module-types.js'
import { type CancelOutcome, cancel } from './cancel.js'
import { DeadLetters } from './dead-letters.js'
import { type FailedJob, failedNow, failedOf, finishedIn, listFailed, replayOne } from './failed-jobs.js'
import { type JobStats, countsOf, workersOf } from './job-stats.js'
import { JobStore } from './job-store.js'
import { Job } from './job.js'
import { type JobThreads, JobWorker, isThreadPool } from './job-worker.js'
import {
  type JobOptions,
  type JobTerms,
  type JobsOptions,
  type WorkOptions,
  checkCloseOptions,
  checkDrainOptions,
  checkFailedOptions,
  checkId,
  checkJobOptions,
  checkOpenOptions,
  checkReason,
  checkWorkOptions,
  termsOf,
} from './job-options.js'
import { type JobRecord, wasCancelled } from './job-record.js'
import { assertStorable } from './json-values.js'
import { giveUpWaiting } from './result.js'

/** What `on` tells of, from any process: of jobs by their ids. */
export interface JobEvents {
  /** A job has completed. */
  completed: { id: string; result: unknown }
  /** A job has failed for good. */
  failed: FailedJob
  /** A task has said how far it has come. */
  progress: { id: string; progress: unknown }
  /** The lease of a job was lost; it waits again. */
  stalled: { id: string }
  /** What no promise carries: the store cannot be reached, a worker has paused, the outcome of a job was not stored. */
  error: Error
}

/** One of several jobs for `addAll`. */
export interface NewJob<M, N extends Names<M> = Names<M>> {
  task: N
  argument: Argument<M, N>
  options?: JobOptions | undefined
}

const CREATE = Symbol('create')

/**
 * A queue of jobs outside of the process: in Redis, in PostgreSQL, or in a folder. What is added survives a crash, and
 * runs in any process that works on the queue. A job runs at least once: after a crash or a lost lease it runs again, so
 * tasks must bear repetition.
 *
 * The engine is BullMQ 6; what executes is a `ThreadPool`. Install `bullmq`, and what the store needs: `ioredis` for
 * `redis:`, `pg` for `postgres:`, `@electric-sql/pglite` for `file:`.
 *
 * ```js
 * import { ThreadPool } from 'workpool'
 * import { Jobs } from 'workpool/jobs'
 *
 * const jobs = await Jobs.open('redis://127.0.0.1:6379', { queue: 'thumbnails' })
 * const job = await jobs.add('resize', { path: 'a.png', width: 80 })
 *
 * // In this process, or in another one:
 * const worker = jobs.work(ThreadPool.create({ filename: new URL('tasks.js', import.meta.url) }))
 * ```
 *
 * `M` is the type of the task module, as with `ThreadPool`: it types the tasks, their arguments and results.
 */
export class Jobs<M = any> implements AsyncDisposable {
  readonly #store: JobStore
  readonly #deadLetters: DeadLetters
  readonly #workers = new Set<JobWorker>()
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  #isForwarding = false
  #closing: Promise<void> | undefined

  private constructor(key: symbol, store: JobStore) {
    if (key !== CREATE) throw misuse('Jobs are opened by Jobs.open')
    this.#store = store
    this.#deadLetters = new DeadLetters(store)
    const { report } = store
    store.report = (error) => {
      if (this.#emitter.listenerCount('error') > 0) this.#emitter.emit('error', error)
      else report(error)
    }
  }

  /**
   * Opens the queue in its home, and resolves when the store has answered.
   *
   * - `redis://host:6379/0`: Redis, for the most throughput. It should have `appendonly yes` and the eviction policy
   *   `noeviction`; the logger is told if it has not.
   * - `postgres://user@host/database`: PostgreSQL. Its clock and the one of this machine have to agree.
   * - `file:./jobs`: a folder, for one process and without any server.
   *
   * Rejects with a TypeError or RangeError of code `ERR_POOL_OPTION`, with an error of code `ERR_POOL_PEER` that says what
   * to install, or with what the store says. What is open keeps the process alive: close it.
   */
  static async open<M = any>(
    where: `redis:${string}` | `rediss:${string}` | `postgres:${string}` | `postgresql:${string}` | `file:${string}`,
    options?: JobsOptions,
  ): Promise<Jobs<M>> {
    if (typeof where !== 'string') throw wrongType('where', where, 'text such as redis://127.0.0.1:6379')
    return new Jobs<M>(CREATE, await JobStore.open(where, checkOpenOptions(options)))
  }

  /**
   * Stores a job. When it resolves, the job is committed. It needs nobody who works on the queue at that time.
   *
   * ```js
   * const job = await jobs.add('invoice', { order: 17 }, { id: 'invoice-17', delay: 60_000 })
   * ```
   *
   * Rejects with a TypeError or RangeError of code `ERR_POOL_OPTION` if an option is wrong or the argument cannot be stored
   * as JSON, with a `PoolClosedError`, or with what the store says.
   *
   * @param task the name of an export of the task module
   * @param argument what the task is called with. Functions, symbols, BigInts, `NaN`, cycles, and objects that JSON does
   *   not know, such as a `Map`, are refused; what has a `toJSON`, such as a `Date`, arrives as that gives it
   */
  async add<N extends Names<M>>(task: N, argument: Argument<M, N>, options?: JobOptions): Promise<Job<Result<M, N>>> {
    this.#store.assertOpen()
    const { name, data, opts } = this.#prepared(task, argument, options)
    const { id } = await this.#store.queue.add(name, data, opts)
    return new Job(this.#store, id!)
  }

  /**
   * Stores several jobs at once: all of them, or, if one cannot be stored, none. They are in the order of the array.
   * Rejects as `add` does.
   *
   * ```js
   * const all = await jobs.addAll([1, 2, 3].map((page) => ({ task: 'render', argument: { page } })))
   * ```
   */
  async addAll<N extends Names<M>>(jobs: readonly NewJob<M, N>[]): Promise<Job<Result<M, N>>[]> {
    this.#store.assertOpen()
    if (!Array.isArray(jobs)) throw wrongType('jobs', jobs, 'an array of { task, argument, options }')
    const prepared = jobs.map((job: NewJob<M, N>, index) => {
      if (typeof job !== 'object' || job === null) throw wrongType(`jobs[${index}]`, job, '{ task, argument, options }')
      return this.#prepared(job.task, job.argument, job.options)
    })
    if (prepared.length === 0) return []
    const stored = await this.#store.queue.addBulk(prepared)
    return stored.map(({ id }) => new Job(this.#store, id!))
  }

  #prepared(task: unknown, argument: unknown, options: unknown) {
    if (typeof task !== 'string' || task === '') throw wrongType('task', task, 'the name of an export')
    const { settings, home } = this.#store
    const terms: JobTerms = termsOf(checkJobOptions(options), settings.defaults)
    const { timeout, sizeLimit, id = randomUUID() } = terms
    assertStorable(argument, 'the argument', { refusesNul: home.refusesNul, sizeLimit })
    const data: JobRecord = {
      ...(argument !== undefined && { argument }),
      ...(timeout !== undefined && { timeout }),
      ...(sizeLimit !== undefined && { sizeLimit }),
    }
    return { name: task, data, opts: this.#store.optionsOf(terms, id) }
  }

  /** The job with this id, in whichever state; `undefined` if the store does not have it. */
  async get(id: string): Promise<Job | undefined> {
    checkId(id, 'id')
    for (const store of [this.#store, this.#deadLetters.store]) {
      if ((await store.find(id)) !== undefined) return new Job(store, id)
    }
    return undefined
  }

  /**
   * Has this process work on the queue, with the threads of a pool. The pool stays yours: close it after the queue. One
   * process may have several workers, of several pools, if their modules have the same tasks.
   *
   * A worker whose pool is closed, or cannot load its module, gives its jobs back and pauses; `on('error')` is told.
   * A pool that is full gives them back, too, and they come again when it says.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; PoolClosedError
   */
  work(threads: JobThreads<M>, options?: WorkOptions): JobWorker {
    if (!isThreadPool(threads)) throw wrongType('threads', threads, 'a ThreadPool')
    const settings = checkWorkOptions(options)
    this.#store.assertOpen()
    const worker = new JobWorker(this.#store, threads, settings)
    this.#workers.add(worker)
    return worker
  }

  /**
   * Cancels a job: one that waits is removed; one that runs is aborted, wherever it runs, and its task has the `grace` of
   * its pool. A cancelled job is not tried again. Whoever waits for its result gets a `JobCancelledError`.
   *
   * @returns what was done. `signalled` comes before the task has ended; `state()` says when it is `cancelled`
   */
  async cancel(id: string, reason?: string): Promise<CancelOutcome> {
    return cancel(this.#store, checkId(id, 'id'), checkReason(reason))
  }

  /**
   * The jobs that have failed for good, the latest first; cancelled ones are not among them.
   *
   * ```js
   * for (const { id, task, error } of await jobs.failed({ limit: 20 })) console.log(id, task, error.message)
   * ```
   *
   * @param options `offset`: how many to leave out, default 0; `limit`: how many at most, default 100; `name`: only those
   *   of this task
   */
  async failed(options?: {
    offset?: number | undefined
    limit?: number | undefined
    name?: string | undefined
  }): Promise<FailedJob[]> {
    return listFailed([this.#store, this.#deadLetters.store], checkFailedOptions(options))
  }

  /**
   * Puts failed jobs back to waiting under their ids, with all their attempts: the one with this id, or all that have
   * failed and were not cancelled. If several processes do this at once, each job is put back once.
   *
   * @returns how many this call has put back
   */
  async replay(id?: string): Promise<number> {
    const of = (store: JobStore) => (id === undefined ? failedNow(store) : finishedIn(store, checkId(id, 'id')))
    let replayed = 0
    for (const job of await of(this.#store)) if (await replayOne(this.#store, job)) replayed++
    for (const job of await of(this.#deadLetters.store)) if (await this.#deadLetters.replay(job)) replayed++
    return replayed
  }

  /** How the queue stands, and which worker has which job. */
  async stats(): Promise<JobStats> {
    const own = [...this.#workers].map(({ name }) => name)
    const counts = await countsOf(this.#store)
    counts.failed += (await countsOf(this.#deadLetters.store)).failed
    return { queue: this.#store.name, ...counts, workers: await workersOf(this.#store, own) }
  }

  /**
   * Resolves when no job waits, is delayed or runs, in any process. It asks the store several times a second. Rejects with
   * `signal.reason`, with a `PoolClosedError`, or with what the store says.
   */
  async drain(options?: { signal?: AbortSignal | undefined }): Promise<void> {
    const { signal } = checkDrainOptions(options)
    for (;;) {
      if (signal?.aborted) throw signal.reason
      const { waiting, delayed, running } = await countsOf(this.#store)
      if (waiting + delayed + running === 0) return
      await pause(DRAIN_PAUSE, signal)
    }
  }

  /**
   * Closes the queue in this process: its workers take no more jobs, and it waits for those that run. With a `timeout`, in
   * ms from the call, those that still run then are aborted; their jobs go back to waiting and have used up no attempt.
   * Then the connections are closed. Whoever waits for a result here gets a `PoolClosedError`. A second call waits for the
   * same end. The pools of the workers stay open.
   *
   * ```js
   * process.once('SIGTERM', async () => {
   *   await jobs.close({ timeout: 10_000 })
   *   await threads.close()
   * })
   * ```
   */
  async close(options?: { timeout?: number | undefined }): Promise<void> {
    checkCloseOptions(options)
    const workers = [...this.#workers].map((worker) => worker.close(options))
    this.#closing ??= this.#close(workers)
    await this.#closing
  }

  async #close(workers: readonly Promise<void>[]): Promise<void> {
    const outcomes = await Promise.allSettled(workers)
    giveUpWaiting(this.#store)
    outcomes.push(...(await Promise.allSettled([this.#deadLetters.close()])))
    outcomes.push(...(await Promise.allSettled([this.#store.close()])))
    outcomes.push(...(await Promise.allSettled([this.#store.home.close()])))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /**
   * For `threads.with({ deadLetter: jobs })`.
   *
   * @internal
   */
  [DEAD_LETTER](letter: DeadLetter): void {
    this.#deadLetters.take(letter)
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /**
   * Calls `listener` with what happens to jobs, in whichever process, from now on. With the first listener this process
   * begins to read all events of the queue. Without a listener for `error` errors go to the logger.
   *
   * ```js
   * jobs.on('failed', ({ id, task, error }) => console.error(`${task} ${id}: ${error.message}`))
   * ```
   */
  on<E extends keyof JobEvents>(event: E, listener: (told: JobEvents[E]) => void): this {
    if (!EVENTS.includes(event)) throw misuse(`there is no event ${String(event)}; there are ${EVENTS.join(', ')}`)
    if (typeof listener !== 'function') throw wrongType('listener', listener, 'a function')
    this.#store.assertOpen()
    this.#emitter.on(event, listener)
    if (event !== 'error') this.#forward()
    return this
  }

  /** Calls that listener no more. */
  off<E extends keyof JobEvents>(event: E, listener: (told: JobEvents[E]) => void): this {
    this.#emitter.off(event, listener)
    return this
  }

  #forward(): void {
    if (this.#isForwarding) return
    this.#isForwarding = true
    const { events } = this.#store
    const emit = <E extends keyof JobEvents>(event: E, told: JobEvents[E]): void => void this.#emitter.emit(event, told)
    events.on('completed', ({ jobId, returnvalue }) => emit('completed', { id: jobId, result: returnvalue }))
    events.on('progress', ({ jobId, data }) => emit('progress', { id: jobId, progress: data }))
    events.on('stalled', ({ jobId }) => emit('stalled', { id: jobId }))
    events.on('failed', ({ jobId }) => {
      if (this.#emitter.listenerCount('failed') === 0) return
      void this.#store.find(jobId).then((job) => {
        if (job !== undefined && !wasCancelled(job)) emit('failed', failedOf(job))
      }, this.#store.failed)
    })
    void events.open().catch(this.#store.failed)
  }
}

const EVENTS: readonly (keyof JobEvents)[] = ['completed', 'failed', 'progress', 'stalled', 'error']

const DRAIN_PAUSE = 200

/** So long, or until the signal aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
