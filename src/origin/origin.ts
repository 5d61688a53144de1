import type { Counted } from '../base/registry.js'
import { rejectedLater, rejectedPromise, resolvedPromise } from '../base/intrinsics.js'
import { Offer, Refusal } from '../native/abi.js'
import type { VacancyWait } from '../native/isolate.js'
import { type Batch, type Jobs, type Share, submitTogether } from './batch.js'
import type { PoolStats, Stat } from '../native/pool-stats.js'
import type { Histogram } from '../observe/histogram.js'
import { forMeasures } from '../observe/parts.js'
import type { Change } from '../options/live-options.js'
import type { CloseOptions } from '../options/options.js'
import type { TracedTask, Trail } from '../observe/traced-task.js'
import type { Followed } from './followed.js'
import type { Seen } from '../observe/seen.js'
import { forTracing, isTraced } from './needed.js'
import { isRefusal } from './rejections.js'
import type { TracedBatch } from './tracing.js'
import { statsOfAll } from './stats.js'

/** What every job may be submitted with, checked. */
export interface JobOptions {
  readonly signal?: AbortSignal
  readonly key?: string
  readonly weight?: number
  /** Who follows the task, instead of a promise. */
  readonly followed?: Followed
  /** The task as it is told of on the channels, if somebody has subscribed. */
  readonly traced?: TracedTask
  /** The same of the jobs of a batch. */
  readonly tracedBatch?: TracedBatch
  /** The attempts before it, if a policy tries it again. */
  readonly trail?: Trail
}

/** What `offer` gives for a refusal with this error. */
export function refusing(error: Error, traced: TracedTask | undefined): Promise<never> {
  traced?.refuse(error)
  return rejectedPromise(error)
}

/** Whether no other pool may take the refused task: its own `waitTimeout` has ended it, or no pool could keep its times. */
export const isFinal = (code: number): boolean => code === Refusal.waitTimeout || code === Refusal.untimely

/**
 * The one way of a task from the call to its settled promise. A *job* (`J`) is what is to be done: a closure, or the
 * call of an export. Who takes it may be one pool or several, so everything that is offered, waited for or told of a
 * pool goes by an origin, and whatever wraps a submission wraps `offer`.
 */
export abstract class Origin<J, O extends JobOptions, L extends Jobs = readonly J[]> {
  constructor(
    /** The name of the pool, for errors. */
    readonly name: string,
  ) {}

  /** What is counted of it, also when it is gone. */
  abstract readonly counted: Counted

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Hands a job in and gives its promise, which rejects if the job is refused. `undefined`: the job is refused, and
   * the mode says that others may take it. Throws nothing. The options are checked, and their signal has not aborted.
   */
  abstract offer(job: J, options: O | undefined, mode: Offer): Promise<unknown> | undefined

  /**
   * As `offer`, for a job without a promise. Gives a code that `isRefusal` tells from an acceptance; nothing is built
   * for a refusal. Throws what goes wrong before the core is asked.
   */
  abstract offerSilently(job: J, options: O, mode: Offer): number

  /** The origin that takes all tasks of a group with a limit, which is kept within one pool. */
  abstract home(): Origin<J, O, L>

  /** The error of a refusal, to be asked for at once after it. */
  abstract refusal(code: number, job: J): Error

  /** Throws if the pool cannot heed these options of a job, which are right by themselves. */
  abstract assertPossible(options: JobOptions): void

  /** Hands a job in and gives its promise, unless its signal has aborted. Throws nothing. */
  submit(job: J, options: O): Promise<unknown> {
    try {
      const { signal } = options
      return signal?.aborted ? rejectedPromise(signal.reason) : this.offer(job, options, Offer.normal)!
    } catch (error) {
      return rejectedLater(error)
    }
  }

  /** As `submit`, for several jobs that are taken all together or not at all; the first failure rejects and aborts the rest. */
  submitAll(jobs: L, options: O): Promise<unknown[]> {
    try {
      const { signal } = options
      if (signal?.aborted) return rejectedPromise(signal.reason)
      if (jobs.length === 0) return resolvedPromise([])
      if (isTraced()) return forTracing().submitTogetherTraced(this, jobs, options)
      return submitTogether(this, jobs, options)
    } catch (error) {
      return rejectedLater(error)
    }
  }

  /** Any job of a batch, for what is the same of all. */
  abstract anyOf(jobs: L): J

  /** Reserves a place for each job of a batch: says which pool takes which; or why they are all refused. */
  abstract reserve(jobs: L, options: O, batch: Batch): readonly Share[] | number

  /** As `submit`, without a promise. Throws what `submit` would reject with, if the job does not start or wait. */
  execute(job: J, options: O): void {
    const { signal } = options
    if (signal?.aborted) throw signal.reason
    if (isTraced() && options.traced === undefined) return forTracing().executeTraced(this, job, options)
    const code = this.offerSilently(job, options, Offer.normal)
    if (isRefusal(code)) throw this.refusal(code, job)
  }

  /** As `execute`; false if the job is refused or its signal has aborted. */
  tryExecute(job: J, options: O): boolean {
    if (options.signal?.aborted) return false
    if (isTraced()) return forTracing().tryExecuteTraced(this, job, options)
    return !isRefusal(this.offerSilently(job, options, Offer.normal))
  }

  // ── vacancy ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether a submit would not have to wait, and nobody awaits a vacancy. */
  abstract hasVacancy(): boolean

  /** Resolves when a submit would not have to wait. */
  abstract vacancy(signal: AbortSignal | undefined): Promise<void>

  /**
   * Calls `told` when a submit would not have to wait, and that is so within this call; or `refused`, with the error
   * that says why it will not be. Neither is called before this function has returned, and the caller has the core's
   * commands carried out. Gives what takes the wait back, if it is not too late.
   */
  abstract awaitTurn(wait: VacancyWait, told: () => void, refused: (error: unknown) => void): () => void

  // ── state and verbs ─────────────────────────────────────────────────────────────────────────────────────────────

  abstract stat(stat: Stat): number
  abstract isClosed(): boolean
  /** The core's numbers for its handles. */
  abstract readonly handles: readonly number[]

  stats(): PoolStats {
    return statsOfAll(this.name, this.handles)
  }

  histogram(measure: unknown): Histogram {
    return forMeasures().readHistogram(this.name, this.handles, measure)
  }

  /** What the workers have, and who waits. */
  abstract inspect(): Seen
  /** As `Stat.capacity`, and cheap. */
  abstract capacity(): number
  /** What `size` comes to: 0 for no limit. Throws if it is not allowed here. */
  abstract checkSize(size: unknown): number
  /** What a change of options comes to. Throws if it is not allowed here, or contradicts the options as they are. */
  abstract checkChange(change: unknown): Change
  /**
   * @param change as `checkChange` gives it
   * @param why it is told with the change, if an algorithm has made it
   */
  abstract configure(change: Change, why?: string): void
  abstract isPaused(): boolean
  abstract pause(): void
  abstract resume(): void
  /** Rejects what waits, and gives how many tasks that were. */
  abstract clear(): number
  abstract release(): void
  abstract releaseTimeout(ms: number): Promise<void>
  abstract close(options: CloseOptions): Promise<void>
  /** What `close` is for a pool is this for a handle of a shared pool: the others go on, and the last one closes. */
  abstract leave(): Promise<void>
  abstract drain(): Promise<void>
  /** Resolves when as many workers are ready as are kept, at least one, if workers have to be made. */
  abstract ready(): Promise<void>
  abstract reboot(): void
}
