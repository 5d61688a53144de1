import { WorkerStartError, misuse } from '../base/errors.js'
import { needHeadroom } from '../base/headroom.js'
import { Promise, rejectedLater, withoutFrames } from '../base/intrinsics.js'
import { Cancelled, Exchange, Figure, Offer, Refusal, Rejection, Special, ValueFlag, Word } from '../native/abi.js'
import { figures, isolate, native, words } from '../native/binding.js'
import { carryOut, hasCommands, watch } from '../native/isolate.js'
import { Stat } from '../native/pool-stats.js'
import { type OutcomeTarget, hold } from '../native/targets.js'
import { Observer } from '../observe/observer.js'
import type { Change } from '../options/live-options.js'
import { type JobChecked, type NativeSettings, checkNativeSize } from '../options/native-options.js'
import { forChanges } from '../options/needed.js'
import { toCoreScheduling } from '../options/scheduling-options.js'
import { Failures } from '../origin/failures.js'
import { Handle } from '../origin/handle.js'
import { forTracing, isTraced } from '../origin/needed.js'
import { open } from '../origin/opening.js'
import type { JobOptions } from '../origin/origin.js'
import { isTurnedAway, rejectionError } from '../origin/rejections.js'
import { Signals } from '../origin/signals.js'
import { strainOf } from '../origin/strain.js'
import { timesNow } from '../origin/times.js'
import { failWith, kindOf, timesOf, valueOf } from '../threads/owner/call-ends.js'
import { refusalOf } from '../threads/owner/call-entrance.js'
import { CallTable } from '../threads/owner/call-table.js'
import { Listener, isOf } from '../threads/owner/progress.js'
import type { Job } from './job.js'

const { WatchCondition } = native

/** A pool of native jobs as an isolate sees it: promises under the core's numbers of tasks. Its threads are the core's. */
export class NativeOrigin extends Handle<Job, JobChecked> implements OutcomeTarget {
  protected readonly target = this
  readonly isRooted = false
  readonly #settings: NativeSettings
  readonly failures: Failures
  readonly #jobs = new CallTable()
  readonly observer: Observer
  readonly #signals = new Signals<Job>((job, reason) => void this.#abort(job, reason))

  constructor(settings: NativeSettings) {
    const { name, agreement, size, expiry, nonblocking, maxBlockingTasks, minSize, measure, stackSize } = settings
    const kind = { type: 'Native' as const, name, stackSize }
    const workers = { size, expiry, preAlloc: false, kind, concurrency: 1, minSize }
    const options = { ...workers, nonblocking, maxBlockingTasks, measure, ...toCoreScheduling(settings) }
    const { id, serial, hasAgeing } = open(name, options, agreement)
    const isShared = agreement !== undefined
    super(id, { name, kind: 'native', size, isShared, serial, isOwner: false, isHeld: true, hasAgeing })
    this.#settings = settings
    this.failures = new Failures(name, settings.panicHandler, settings.logger)
    this.observer = new Observer(
      {
        id,
        name,
        log: (level, details, message) => this.failures.log(level, details, message),
        ownTask: (task) => this.#jobs.at(task),
      },
      settings,
    )
    hold(id, this)
    if (settings.signal !== undefined) this.follow(settings.signal)
  }

  /** The options have been found to agree: the threads that are to be there from the start begin to start. */
  startThreads(): void {
    if (!this.#settings.preAlloc) return
    native.start(isolate, this.id, true)
    carryOut()
  }

  protected nameOf(job: Job): string {
    return job.name
  }

  checkSize(size: unknown): number {
    return checkNativeSize(size)
  }

  readChange(change: unknown): Change {
    return forChanges().checkNativeChange(change)
  }

  protected abortRunning(): void {
    this.#jobs.each(({ id, stamp }) => native.interrupt_job(this.id, id, stamp))
  }

  protected cancelRunning(reason: unknown): void {
    this.#jobs.each((job) => void this.#abort(job as Job, reason))
  }

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  offer(job: Job, options: JobChecked & JobOptions, mode: Offer): Promise<unknown> | undefined {
    const { traced } = options
    try {
      if (traced === undefined && isTraced()) return forTracing().offerTraced(this, job, options, mode)
      const promise = job.promised()
      const code = this.offerSilently(job, options, mode)
      return code < 0 ? this.refused(code, mode, job, traced) : promise
    } catch (error) {
      traced?.refuse(error)
      return rejectedLater(error)
    }
  }

  offerSilently(job: Job, options: JobChecked & JobOptions, mode: Offer): number {
    const { signal, followed } = options
    if (followed !== undefined) job.settleFor(followed)
    if (signal === undefined) return this.#keep(job, this.#handIn(options, mode), options)
    const refused = refusalOf(this.id, options, mode)
    if (refused < 0) return refused
    // The job listens before it is handed in: listening may throw, and a thread begins as soon as it has the job.
    this.#signals.add(signal, job)
    let code: number = Refusal.deep
    try {
      code = this.#keep(job, this.#handIn(options, mode), options)
    } finally {
      if (code < 0) this.#signals.delete(signal, job)
    }
    return code
  }

  /** Gives the number of the task, or a refusal. */
  #handIn(options: JobChecked & JobOptions, mode: Offer): number {
    const code = this.#submit(options, mode)
    if (code !== Refusal.deep) return code
    needHeadroom()
    return this.#submit(options, mode)
  }

  #submit(
    {
      priority = 1,
      waitTimeout = Special.noLimit,
      timeout = 0,
      key,
      followed,
      traced,
      onProgress,
    }: JobChecked & JobOptions,
    mode: Offer,
  ): number {
    const isNoted = this.isNoted || traced !== undefined || followed !== undefined
    const group = followed?.group
    if (key !== undefined) native.name_key(key)
    return native.run_job(
      this.id,
      priority,
      waitTimeout,
      timeout,
      isNoted ? 1 : 0,
      mode,
      key === undefined ? 0 : 1,
      group === undefined ? 0 : group.numberIn(this.id),
      group === undefined ? 0 : group.limit,
      onProgress === undefined ? 0 : 1,
    )
  }

  /** A job that is accepted is a task until it has settled. `code`: the number of the task, or a refusal; gives it back. */
  #keep(job: Job, code: number, options: JobChecked & JobOptions): number {
    if (code < 0) return code
    job.id = code
    job.stamp = words[Word.stamp]!
    job.options = options
    job.site = this.observer.site()
    if (options.onProgress !== undefined) job.listener = new Listener(options.onProgress, this.failures, job.name)
    this.#jobs.keep(job)
    this.observer.accepted()
    options.followed?.accepted(this.id, job, this.#abort)
    if (options.traced !== undefined) job.tellAccepted(options.traced, this.id, this.name)
    if (hasCommands()) carryOut()
    return code
  }

  protected get isNoted(): boolean {
    return this.#settings.panicHandler !== undefined
  }

  anyOf(jobs: readonly Job[]): Job {
    return jobs[0]!
  }

  share(): never {
    throw misuse('native jobs are handed in one by one, each with a ticket of its own')
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #forget(id: number): Job {
    const job = this.#jobs.at(id) as Job
    this.#jobs.drop(id)
    const { signal } = job.options
    if (signal !== undefined) this.#signals.delete(signal, job)
    return job
  }

  outcome(id: number, row: number): void {
    const job = this.#jobs.at(id) as Job | undefined
    const kind = kindOf(row)
    if ((kind & ValueFlag.progress) !== 0) {
      if (job?.listener !== undefined && isOf(job.stamp, row)) job.listener.hear(valueOf(row), false)
      return
    }
    // Otherwise the task has settled in another way, and this is too late: the core disposes of the job.
    if (job === undefined) return
    const isFailed = (kind & ValueFlag.failed) !== 0
    const times = timesOf(row)
    const place = figures[row * Exchange.figures + Figure.value]!
    job.noteTimes(this.id)
    this.#forget(id)
    try {
      // The error of a job that has failed comes from no line of JavaScript.
      const value = isFailed ? withoutFrames(() => job.conclude(place) as Error) : job.conclude(place)
      if (isFailed) failWith(this.failures, job, value, times)
      else job.succeed(value)
    } catch (error) {
      failWith(this.failures, job, error, times)
    }
  }

  readonly #abort = (job: Job, reason: unknown): boolean => {
    // Whoever has made a list of jobs to abort may be too late for one.
    if (!this.#jobs.has(job)) return false
    job.noteTimes(this.id)
    const cancelled = native.cancel(this.id, job.id, job.stamp)
    if (cancelled === Cancelled.late) return false
    this.#forget(job.id)
    job.leave()
    job.endsBy('abort')
    job.fail(reason)
    if (cancelled === Cancelled.running) native.interrupt_job(this.id, job.id, job.stamp)
    if (hasCommands()) carryOut()
    return true
  }

  reject(id: number, rejection: Rejection, limit: number): void {
    const times = timesNow()
    const job = this.#forget(id)
    job.leave()
    job.noted(times)
    job.endsBy(rejection)
    const made = withoutFrames(() => this.#errorOf(rejection, limit, job.name))
    const error = this.observer.addSite(made, job.site)
    if (isTurnedAway(rejection)) job.turnAway(error)
    else job.fail(error)
  }

  #errorOf(rejection: Rejection, limit: number, job: string): Error {
    if (rejection === Rejection.startFailed) return this.#startError()
    // Nothing crashes a thread of the system but not the process, and nothing is bound to a thread.
    const known = rejection as Exclude<Rejection, Rejection.crashed | Rejection.startFailed | Rejection.leftOut>
    return rejectionError(known, limit, this.name, job, () => strainOf(this.id))
  }

  #startError(): WorkerStartError {
    return new WorkerStartError(this.name, undefined, new Error(native.whyUnstarted(isolate, this.id) ?? 'unknown'))
  }

  // ── verbs of its own ────────────────────────────────────────────────────────────────────────────────────────────

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (vain: number): void => {
        if (vain === 0) resolve()
        else if (this.stat(Stat.isClosed) === 1) reject(this.closedError())
        else reject(this.#startError())
      }
      native.start(isolate, this.id, false)
      watch(this.id, WatchCondition.Started, settle, true)
    })
  }
}
