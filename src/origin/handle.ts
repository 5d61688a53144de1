import { Offer, Refusal, Vacancy } from '../native/abi.js'
import { isolate, native } from '../native/binding.js'
import { PoolClosedError, ReleaseTimeoutError, WaitTimeoutError, misuse } from '../base/errors.js'
import { follow } from '../base/follow.js'
import { needHeadroom } from '../base/headroom.js'
import type { Counted } from '../base/registry.js'
import { type VacancyWait, awaitVacancy, carryOut, forget, watch } from '../native/isolate.js'
import { type CommandTarget, hold, letGo } from '../native/targets.js'
import { Promise, queueMicrotask, rejectedPromise } from '../base/intrinsics.js'
import type { Change } from '../options/live-options.js'
import { forChanges } from '../options/needed.js'
import type { CloseOptions } from '../options/options.js'
import { type JobOptions, Origin, isFinal, refusing } from './origin.js'
import { closedError, refusalError, untimelyError } from './refusal-errors.js'
import type { TracedTask } from '../observe/traced-task.js'
import { PoolTelling } from './tell-pool.js'
import type { Batch, Jobs, Share } from './batch.js'
import { type Places, reservePlaces } from './places.js'
import { Signals } from './signals.js'
import type { Failures } from './failures.js'
import type { Observer, Seen } from '../observe/observer.js'
import { Stat } from '../native/pool-stats.js'
import { readStat } from '../native/stats.js'

const { WatchCondition } = native

const noop = (): void => {}

/** What a handle needs to know of its pool. */
export interface HandleSettings {
  readonly name: string
  readonly kind: 'closures' | 'threads' | 'native'
  /** 0 = unbounded. */
  readonly size: number
  readonly isShared: boolean
  /** Of a shared pool: tells it from those that had its name before. */
  readonly serial: number | undefined
  /** Whether the workers of the shared pool are this handle's, also after it has left. */
  readonly isOwner: boolean
  /** Whether the priorities of waiting tasks age. */
  readonly hasAgeing: boolean
  /** Whether the core may want something of the pool while it has no task: then it is held from its opening until it is vacant. */
  readonly isHeld: boolean
}

/**
 * What an isolate holds of one pool of the core: the handle tells the state of the pool, closes and opens it, and waits
 * for a vacancy. The core's rules and counters behind it are the same for all kinds of workers.
 */
export abstract class Handle<J, O extends JobOptions, L extends Jobs = readonly J[]> extends Origin<J, O, L> {
  /** Of the last job that was offered to other pools, too, and not taken. */
  lastRefusal = Refusal.closed
  /** Whether the pool's signal has aborted. */
  #isAborted = false
  /** Whether this handle of a shared pool refuses tasks. */
  #hasLeft = false
  /** Whether a watch is waiting for the closed pool to be vacant. */
  #isLeaving = false
  readonly counted: Counted
  protected readonly telling: PoolTelling
  readonly #settings: HandleSettings
  #stopListening = noop
  /** Promises of the verbs that have not settled, and hence may need the handle. */
  #promises = 0
  /** Set once nobody references the pool: called when no promise is left. */
  #whenKept: (() => void) | undefined
  /** `Infinity` if unbounded; `undefined` for a shared pool, which others may tune. */
  #capacity: number | undefined
  /** The signals of those who await a vacancy. */
  readonly #vacancySignals = new Signals<(reason: unknown) => void>((abort, reason) => abort(reason))

  constructor(
    /** The core's number for the handle, in this isolate. */
    readonly id: number,
    settings: HandleSettings,
  ) {
    super(settings.name)
    this.#settings = settings
    this.counted = { name: settings.name, kind: settings.kind, handle: id, serial: settings.serial }
    if (!settings.isShared) this.#capacity = settings.size || Infinity
    this.telling = new PoolTelling(id, settings.name, settings.kind, settings.isShared)
  }

  get handles(): readonly number[] {
    return [this.id]
  }

  /** Who carries out the core's commands. */
  protected abstract readonly target: CommandTarget
  abstract readonly observer: Observer
  /** Tells what no promise carries. */
  abstract readonly failures: Failures

  /** What a change of options comes to by itself. Throws if it is not allowed for this kind of pool. */
  abstract readChange(change: unknown): Change

  assertPossible({ key }: JobOptions): void {
    if (key === undefined || !this.#settings.hasAgeing) return
    throw misuse('key is not possible in a pool with ageing, where tasks start by their priority and time alone')
  }

  /** The name by which errors call the task. */
  protected abstract nameOf(job: J): string | undefined

  /** The pool's signal has aborted: so does that of every task that runs. */
  protected abstract abortRunning(reason: unknown): void

  /** Every task of this isolate that runs is aborted, as a signal of its own would abort it. */
  protected abstract cancelRunning(reason: unknown): void

  home(): this {
    return this
  }

  // ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What `offer` gives for a refusal. */
  protected refused(code: number, mode: Offer, job: J, traced?: TracedTask): Promise<never> | undefined {
    if (mode === Offer.normal || isFinal(code)) return refusing(this.refusal(code, job), traced)
    this.lastRefusal = code
    return undefined
  }

  refusal(code: number, job: J): Error {
    return refusalError(this.id, this.name, code, () => this.nameOf(job))
  }

  protected closedError(): PoolClosedError {
    return closedError(this.name)
  }

  // ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether the core notes the times of tasks that have a promise. */
  protected abstract readonly isNoted: boolean

  /** What the pool takes of a batch: the jobs at these indices, or all. */
  abstract share(batch: Batch, jobs: L, indices: readonly number[] | undefined, options: O, places: Places): Share

  /** Reserves so many places, or so many more; or gives a refusal. */
  reservePlaces(count: number, options: O, mode: Offer, into?: Places): Places | number {
    return reservePlaces(this.id, count, options, this.isNoted || options.tracedBatch !== undefined, mode, into)
  }

  reserve(jobs: L, options: O, batch: Batch): readonly Share[] | number {
    const places = this.reservePlaces(jobs.length, options, Offer.normal)
    return typeof places === 'number' ? places : [this.share(batch, jobs, undefined, options, places)]
  }

  // ── vacancy ─────────────────────────────────────────────────────────────────────────────────────────────────────

  hasVacancy(): boolean {
    const answer = native.has_vacancy(this.id)
    if (answer !== Refusal.deep) return answer === 1
    needHeadroom()
    return this.hasVacancy()
  }

  vacancy(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return rejectedPromise(signal.reason)
    const promise = new Promise<void>((resolve, reject) => {
      let takeBack: () => unknown = noop
      const abort = (reason: unknown): void => {
        takeBack()
        reject(reason)
      }
      // First, as it may throw.
      if (signal !== undefined) this.#vacancySignals.add(signal, abort)
      const settle = (vacancy: Vacancy): void => {
        if (signal !== undefined) {
          this.#vacancySignals.heed(signal, abort)
          this.#vacancySignals.delete(signal, abort)
        }
        if (vacancy === Vacancy.told) resolve()
        else reject(this.closedError())
      }
      takeBack = awaitVacancy(this.id, settle, {})
    })
    // Only now, as what is carried out may abort the signal.
    carryOut()
    return this.#promised(promise)
  }

  awaitTurn(wait: VacancyWait, told: () => void, refused: (error: unknown) => void): () => void {
    const { waitTimeout } = wait
    if (waitTimeout !== undefined && waitTimeout > 0 && native.untimely() !== null) {
      queueMicrotask(() => refused(untimelyError(this.name)))
      return noop
    }
    const settle = (vacancy: Vacancy): void => {
      if (vacancy === Vacancy.told) told()
      else if (vacancy === Vacancy.closed) refused(this.closedError())
      else refused(new WaitTimeoutError(this.name, waitTimeout!, undefined))
    }
    return awaitVacancy(this.id, settle, { ...wait, isBrief: true })
  }

  /** Keeps the handle until the promise, which has been handed out, settles. */
  #promised<T>(promise: Promise<T>): Promise<T> {
    this.#promises++
    const kept = (): void => {
      if (--this.#promises === 0) this.#whenKept?.()
    }
    follow(promise, kept, kept)
    return promise
  }

  // ── state and verbs ─────────────────────────────────────────────────────────────────────────────────────────────

  stat(stat: Stat): number {
    return readStat(this.id, stat)
  }

  isClosed(): boolean {
    return this.stat(Stat.isClosed) === 1
  }

  inspect(): Seen {
    return this.observer.inspect()
  }

  /** The pool is asked only if it is shared, as others may tune it then. */
  capacity(): number {
    return this.#capacity ?? this.stat(Stat.capacity)
  }

  isPaused(): boolean {
    return this.stat(Stat.isPaused) === 1
  }

  pause(): void {
    native.pause(isolate, this.id)
  }

  resume(): void {
    native.resume(isolate, this.id)
    carryOut()
  }

  clear(): number {
    const cleared = native.clear(isolate, this.id)
    carryOut()
    return cleared
  }

  checkChange(change: unknown): Change {
    const checked = this.readChange(change)
    this.assertAgrees(checked)
    return checked
  }

  /** Throws if a change contradicts the options as they are. */
  assertAgrees(change: Change): void {
    forChanges().assertAgrees(change, native.present(isolate, this.id), this.#settings.hasAgeing)
  }

  configure(change: Change, why?: string): void {
    native.configure(isolate, this.id, forChanges().toCoreChange(change))
    if (change.slowTask !== undefined) this.observer.changeSlowTask(change.slowTask)
    if (change.size !== undefined && !this.#settings.isShared) this.#capacity = change.size || Infinity
    this.telling.tuned(change, why)
    carryOut()
  }

  release(): void {
    native.release(isolate, this.id)
    this.#closed()
  }

  /** The pool has been closed: carries out what that has left to do, and lets go of a pool with resources once it is vacant. */
  #closed(): void {
    carryOut()
    this.telling.closed()
    // A shared pool may be rebooted by others.
    if (this.#isLeaving || !this.#settings.isHeld || this.#settings.isShared) return
    this.#isLeaving = true
    const leave = (): void => {
      this.#isLeaving = false
      // It may have been rebooted meanwhile.
      if (this.isClosed()) letGo(this.id)
    }
    watch(this.id, WatchCondition.Vacant, leave, false)
  }

  releaseTimeout(ms: number): Promise<void> {
    if (native.untimely() !== null) return rejectedPromise(untimelyError(this.name))
    const generation = native.close(isolate, this.id)
    this.release()
    return this.#ending(generation, ms)
  }

  async close({ timeout, signal, abort = false }: CloseOptions): Promise<void> {
    if (timeout !== undefined && native.untimely() !== null) throw untimelyError(this.name)
    let generation: number | undefined
    const release = (): void => {
      if (generation === undefined) return
      native.release(isolate, this.id, generation)
      carryOut()
    }
    // First, as it may throw.
    signal?.addEventListener('abort', release)
    try {
      generation = native.close(isolate, this.id)
      this.#closed()
      if (signal?.aborted) release()
      await this.#ending(generation, timeout, abort)
    } finally {
      signal?.removeEventListener('abort', release)
    }
  }

  /** Until no worker of the generation is left. When the time is up the core releases what is left of it. */
  #ending(generation: number, timeout: number | undefined, abort = false): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const settle = (vain: number): void => {
        if (vain === 0) {
          resolve()
          return
        }
        reject(new ReleaseTimeoutError(this.name, vain - 1, timeout!))
        // Tasks of a later generation are none of its business.
        if (!abort || this.stat(Stat.generation) !== generation) return
        this.cancelRunning(new PoolClosedError(this.name, `the task was running when ${timeout} ms to close were up`))
      }
      watch(this.id, WatchCondition.Ended, settle, true, generation, timeout)
    })
    return this.#promised(promise)
  }

  drain(): Promise<void> {
    return this.#promised(this.#until(WatchCondition.Drained))
  }

  #until(condition: (typeof WatchCondition)[keyof typeof WatchCondition]): Promise<void> {
    return new Promise((resolve) => watch(this.id, condition, () => resolve(), true))
  }

  leave(): Promise<void> {
    if (!this.#settings.isShared) return this.close({})
    this.#hasLeft = true
    return this.#promised(this.#leaveShared())
  }

  async #leaveShared(): Promise<void> {
    const generation = native.leave(isolate, this.id)
    carryOut()
    this.telling.closed(generation)
    if (generation !== null) await this.#ending(generation, undefined)
    await this.#until(WatchCondition.Left)
    this.#stopListening()
    native.resign(isolate, this.id)
    carryOut()
  }

  reboot(): void {
    if (this.#hasLeft) throw new PoolClosedError(this.name, 'this handle has left the shared pool')
    if (this.#isAborted) {
      throw new PoolClosedError(this.name, 'the signal of the pool has aborted, so it cannot be rebooted')
    }
    if (this.#settings.isHeld) hold(this.id, this.target)
    const isOpen = native.reboot(isolate, this.id)
    carryOut()
    if (!isOpen) throw new PoolClosedError(this.name, 'the isolate that had its threads has ended')
  }

  /**
   * Nobody references the pool any more: when its last task has settled it is released, or, if it is shared, this handle leaves.
   * `left` is called once there is nothing to come, and no promise that could need the handle.
   */
  abandon(left: () => void): void {
    if (this.#settings.isShared) {
      const leave = (): void => {
        this.#stopListening()
        native.leave(isolate, this.id)
        if (this.#settings.isOwner) watch(this.id, WatchCondition.Vacant, left, false)
        else if (this.#promises === 0) left()
        else this.#whenKept = left
        carryOut()
      }
      watch(this.id, WatchCondition.Left, leave, false)
      return
    }
    const release = (): void => {
      this.#stopListening()
      this.release()
      watch(this.id, WatchCondition.Vacant, left, false)
    }
    watch(this.id, WatchCondition.Settled, release, false)
  }

  /** The pool's signal has aborted. Before anything else is done about it. */
  protected markAborted(): void {
    this.#isAborted = true
  }

  /** Follows the signal given at creation. */
  protected follow(signal: AbortSignal): void {
    const abort = (): void => {
      this.markAborted()
      this.#stopListening = noop
      this.release()
      this.abortRunning(signal.reason)
    }
    if (signal.aborted) {
      abort()
      return
    }
    try {
      signal.addEventListener('abort', abort)
    } catch (error) {
      this.abandon(() => forget(this.id))
      throw error
    }
    this.#stopListening = () => signal.removeEventListener('abort', abort)
  }
}
