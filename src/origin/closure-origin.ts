import { needHeadroom } from '../base/headroom.js'
import { Promise, rejectedLater, rejectedPromise, resolvedPromise, withoutFrames } from '../base/intrinsics.js'
import { Cancelled, Offer, Refusal, Rejection, Special, Word } from '../native/abi.js'
import { native, words } from '../native/binding.js'
import { captureContext } from './async-context.js'
import { capture, captured, forgetCaptured } from './captured.js'
import type { Batch, Share } from './batch.js'
import { type BatchOwner, ClosureShare } from './closure-batch.js'
import { ClosureRunner } from './closure-runner.js'
import { warnOfTwins } from './copies.js'
import { Failures } from './failures.js'
import { Failed } from '../base/follow.js'
import { FollowedTask } from './followed-task.js'
import { handIn } from './hand-in.js'
import { Handle } from './handle.js'
import { carryOut, hasCommands, postpone } from '../native/isolate.js'
import { type ClosureTarget, hold } from '../native/targets.js'
import { Ledger } from './ledger.js'
import { forTracing, isTraced } from './needed.js'
import { MOST_NESTED, nesting } from './nesting.js'
import { open } from './opening.js'
import type { JobOptions } from './origin.js'
import type { Places } from './places.js'
import { misuse } from '../base/errors.js'
import type { Change } from '../options/live-options.js'
import { forChanges } from '../options/needed.js'
import { toCoreScheduling } from '../options/scheduling-options.js'
import { type PoolSettings, type SubmitChecked, NO_SUBMIT_OPTIONS, checkSize } from '../options/options.js'
import { rejectionError } from './rejections.js'
import { strainOf } from './strain.js'
import { type ResourceOwner, Resources, careOf } from './resources.js'
import { Observer } from '../observe/observer.js'
import { Signals } from './signals.js'
import type { Slot } from './slot.js'
import { Stat } from '../native/pool-stats.js'
import { type Closure, Task, nameOf } from './task.js'
import { TaskEnds } from './task-ends.js'
import { watchedClosures } from './watched.js'

const noop = (): void => {}

/**
 * A pool of closures as this isolate sees it: closures and promises, under the numbers by which the core knows their
 * tasks and workers. Who runs when is the core's business; here it is done. What is plain and what is not: see `Ledger`.
 */
export class ClosureOrigin<R> extends Handle<Closure<R>, SubmitChecked> implements ClosureTarget, ResourceOwner<R> {
  protected readonly target = this
  readonly #settings: PoolSettings<R>
  override readonly failures: Failures
  readonly #signals = new Signals<Task<R>>((task, reason) => void this.#abort(task, reason))
  readonly #ends: TaskEnds<R>
  readonly #ledger = new Ledger<R>()
  readonly #runner: ClosureRunner<R>
  readonly #resources: Resources<R> | undefined
  readonly observer: Observer
  /** Whether no task is plain. */
  readonly #hasNoPlain: boolean
  #hasWarned = false

  constructor(settings: PoolSettings<R>) {
    const { name, agreement, size, expiry, preAlloc, nonblocking, maxBlockingTasks, minSize } = settings
    const hasResource = settings.init !== undefined
    const kind = hasResource ? { type: 'Resource' as const, ...careOf(settings) } : { type: 'Slot' as const }
    const workers = { size, expiry, preAlloc, kind, concurrency: 1, minSize }
    const options = {
      ...workers,
      nonblocking,
      maxBlockingTasks,
      measure: settings.measure,
      ...toCoreScheduling(settings),
    }
    const isShared = agreement !== undefined
    const { id, serial, hasAgeing } = open(name, options, agreement)
    super(id, { name, kind: 'closures', size, isShared, serial, isOwner: false, isHeld: hasResource, hasAgeing })
    this.#settings = settings
    this.failures = new Failures(name, settings.panicHandler, settings.logger)
    this.#ends = new TaskEnds(name, this.failures, this.#signals)
    this.#runner = new ClosureRunner(this.id, settings, this.failures, this.#ends, this.#ledger)
    this.#hasNoPlain = settings.panicHandler !== undefined || settings.trackSubmit
    this.observer = new Observer(watchedClosures(id, this.failures, this.#ledger, this.#runner.slots), settings)
    if (hasResource) {
      this.#resources = new Resources(this, settings, this.failures)
      hold(this.id, this)
    }
    if (isShared) warnOfTwins(name, false, this.failures)
    if (settings.signal !== undefined) this.follow(settings.signal)
  }

  /** Idle resources are disposed of even if nobody knows of them any more. */
  get isRooted(): boolean {
    return this.#resources !== undefined && this.stat(Stat.running) > 0
  }

  protected nameOf(closure: Closure<R>): string | undefined {
    return nameOf(closure)
  }

  protected override markAborted(): void {
    super.markAborted()
    this.#runner.isAborted = true
  }

  protected abortRunning(reason: unknown): void {
    this.#runner.abortRunning(reason)
  }

  protected cancelRunning(reason: unknown): void {
    this.#ledger.abortRunning(this.id, this.#runner.slots, reason, this.#abort)
  }

  checkSize(size: unknown): number {
    return checkSize(size)
  }

  readChange(change: unknown): Change {
    return forChanges().checkClosureChange(change)
  }

  override assertAgrees(change: Change): void {
    if (change.minSize !== undefined && this.#resources === undefined) {
      throw misuse('minSize needs init: a worker without a resource has nothing to keep')
    }
    super.assertAgrees(change)
  }

  override assertPossible(options: SubmitChecked): void {
    super.assertPossible(options)
    if (options.weight === undefined || this.#resources === undefined) return
    throw misuse('weight is not possible in a pool with init: each task takes one resource')
  }

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  offer(closure: Closure<R>, options: SubmitChecked | undefined, mode: Offer): Promise<unknown> | undefined {
    if (options !== undefined || this.#hasNoPlain || isTraced()) return this.#offerTask(closure, options, mode)
    const code = mode === Offer.normal ? native.submit(this.id) : native.offer(this.id, mode)
    if (code <= Special.lastRefusal) return this.#notTaken(code, closure, mode)
    this.#accepted()
    if (code < 0) {
      const promise = this.#keepPlain(~code, closure)
      this.#waits()
      return promise
    }
    if (nesting.depth >= MOST_NESTED) {
      const id = words[Word.task]!
      const promise = this.#keepPlain(id, closure)
      this.#runner.advanceLater(code, id)
      return promise
    }
    return this.#runner.startPlain(this.#runner.slot(code), closure)
  }

  #accepted(): void {
    hold(this.id, this)
    this.observer.accepted()
  }

  /** The core has not taken a plain task. */
  #notTaken(code: number, closure: Closure<R>, mode: Offer): Promise<unknown> | undefined {
    if (code !== Refusal.deep) return this.refused(code, mode, closure)
    try {
      needHeadroom()
      return this.offer(closure, undefined, mode)
    } catch (error) {
      return rejectedLater(error)
    }
  }

  /** Keeps a plain task until it is started. */
  #keepPlain(id: number, closure: Closure<R>): Promise<unknown> {
    const stamp = words[Word.stamp]!
    const promise = new Promise<unknown>(capture)
    const asyncContext = captureContext(promise)
    if (asyncContext === undefined) {
      this.#ledger.keepPlain(id, closure, captured.resolve)
    } else {
      const task = new Task(closure, promise, 1, undefined, false, false)
      task.id = id
      task.stamp = stamp
      task.resolve = captured.resolve
      task.reject = captured.reject
      task.asyncContext = asyncContext
      this.#ledger.keep(id, task)
    }
    forgetCaptured()
    return promise
  }

  #offerTask(
    closure: Closure<R>,
    options: SubmitChecked & JobOptions = NO_SUBMIT_OPTIONS,
    mode: Offer,
  ): Promise<unknown> | undefined {
    const { traced } = options
    try {
      if (traced === undefined && isTraced()) return forTracing().offerTraced(this, closure, options, mode)
      const admitted = this.#admit(closure, options, mode, true)
      return typeof admitted === 'number' ? this.refused(admitted, mode, closure, traced) : admitted.promise
    } catch (error) {
      traced?.refuse(error)
      return rejectedLater(error)
    }
  }

  offerSilently(closure: Closure<R>, options: SubmitChecked, mode: Offer): number {
    const admitted = this.#admit(closure, options, mode, false)
    return typeof admitted === 'number' ? admitted : admitted.id
  }

  /** Hands in a task that is not plain, and starts it if it may. Gives the task, or the core's refusal. */
  #admit(closure: Closure<R>, options: SubmitChecked & JobOptions, mode: Offer, hasPromise: boolean): Task<R> | number {
    const { signal, priority = 1, timeout = 0, followed, traced } = options
    const isNoted = !hasPromise || this.#settings.panicHandler !== undefined || traced !== undefined
    const code = handIn(this.id, options, isNoted, mode)
    if (code <= Special.lastRefusal) return code
    this.#accepted()

    const promise = hasPromise ? new Promise<unknown>(capture) : followed?.promise
    const task =
      followed === undefined
        ? new Task<R>(closure, promise, priority, signal, timeout > 0, isNoted)
        : new FollowedTask<R>(followed, closure, priority, signal, timeout > 0)
    task.id = code >= 0 ? words[Word.task]! : ~code
    task.stamp = words[Word.stamp]!
    task.key = options.key
    task.site = this.observer.site()
    if (hasPromise) {
      task.resolve = captured.resolve
      task.reject = captured.reject
      forgetCaptured()
    }
    this.#ledger.keep(task.id, task)
    if (signal !== undefined) {
      try {
        this.#signals.add(signal, task)
      } catch (error) {
        this.#withdraw(task, code)
        throw error
      }
    }
    followed?.accepted(this.id, task as FollowedTask<R>, this.#abort)
    if (traced !== undefined) task.traceBy(traced, this.id, this.name)
    if (code >= 0 && nesting.depth < MOST_NESTED) {
      const slot = this.#runner.slot(code)
      this.#runner.advance(slot, this.#runner.startTask(slot, task, true))
      return task
    }
    task.asyncContext = captureContext(promise ?? new Promise(noop))
    if (code >= 0) this.#runner.advanceLater(code, task.id)
    else this.#waits()
    return task
  }

  protected get isNoted(): boolean {
    return this.#settings.panicHandler !== undefined
  }

  anyOf(closures: readonly Closure<R>[]): Closure<R> {
    return closures[0]!
  }

  share(
    batch: Batch,
    closures: readonly Closure<R>[],
    indices: readonly number[] | undefined,
    options: SubmitChecked & JobOptions,
    places: Places,
  ): Share {
    const owner: BatchOwner<R> = {
      id: this.id,
      name: this.name,
      isNoted: this.isNoted || options.tracedBatch !== undefined,
      site: this.observer.site(),
      tasks: this.#ledger.tasks,
      keep: (task) => this.#ledger.keep(task.id, task),
      abort: this.#abort,
      startOn: (worker, task) => this.#runner.startOn(worker, task),
      taken: (hasWaiting) => {
        this.#accepted()
        if (hasWaiting) this.#warnIfNested()
      },
      closedError: () => this.closedError(),
    }
    return new ClosureShare(owner, batch, closures, indices, options, places)
  }

  /** Takes a task back that has not been started, and whose caller is told by what is thrown. */
  #withdraw(task: Task<R>, code: number): void {
    native.cancel(this.id, task.id, task.stamp)
    task.isSettled = true
    if (code < 0) {
      this.#ledger.drop(task.id)
      this.#runner.letGoIfQuiet()
      if (hasCommands()) carryOut()
      return
    }
    const slot = this.#runner.slot(code)
    this.#runner.advance(slot, this.#runner.startTask(slot, task, true))
  }

  /** A task has begun to wait. */
  #waits(): void {
    if (hasCommands()) carryOut()
    this.#warnIfNested()
  }

  #warnIfNested(): void {
    if (this.#runner.depth > 0 && !this.#hasWarned && this.stat(Stat.available) === 0) {
      this.#hasWarned = true
      const message = 'a closure has submitted to its own full pool; if it awaits that task, both wait for ever'
      this.failures.log('warn', {}, message)
    }
  }

  // ── resources that are there before they are needed ─────────────────────────────────────────────────────────────

  ready(): Promise<void> {
    const resources = this.#resources
    if (resources === undefined) {
      return this.isClosed() ? rejectedPromise(this.closedError()) : resolvedPromise(undefined)
    }
    return resources.ready(() => (this.isClosed() ? this.closedError() : resources.failure))
  }

  // ── abort ───────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly #abort = (task: Task<R>, reason: unknown): boolean => {
    // Whoever has listed tasks to abort may be late for one.
    if (task.isSettled) return false
    if (task.isNoted) native.times(this.id, task.id, task.stamp)
    const cancelled = native.cancel(this.id, task.id, task.stamp)
    if (cancelled === Cancelled.late) return false
    if (cancelled === Cancelled.waiting) this.#ledger.drop(task.id)
    this.#runner.letGoIfQuiet()
    this.#ends.reject(task, 'abort', () => reason)
    if (hasCommands()) carryOut()
    return true
  }

  /** Aborts tasks as `Ledger.abortMarked` says, for whoever has submitted many. */
  abortAll(marks: ReadonlySet<unknown>, reason: unknown): void {
    this.#ledger.abortMarked(this.id, marks, this.#runner.slots, reason, this.#abort)
  }

  // ── commands of the core ────────────────────────────────────────────────────────────────────────────────────────

  start(worker: number, task: number): void {
    this.observer.accepted()
    const next = this.#runner.startNext(this.#runner.slot(worker), task)
    if (next !== Special.none) postpone(this, worker, next)
  }

  reject(id: number, rejection: Exclude<Rejection, Rejection.crashed | Rejection.leftOut>, limit: number): void {
    this.#runner.letGoIfQuiet()
    const task = this.#ledger.tasks[id]!
    const errorFor = (closure: Closure<R>): unknown =>
      rejection === Rejection.startFailed
        ? this.#resources!.failure
        : withoutFrames(() => rejectionError(rejection, limit, this.name, nameOf(closure), () => strainOf(this.id)))
    if (typeof task === 'function') {
      this.#ledger.dropPlain(id)(new Failed(errorFor(task)))
      return
    }
    if (task.isEnded || !task.isStarted) this.#ledger.drop(id)
    this.#ends.reject(task, rejection, () => this.observer.addSite(errorFor(task.closure), task.site))
  }

  boot(worker: number): void {
    this.#resources!.boot(this.#runner.slot(worker))
  }

  booted(slot: Slot<R>): void {
    this.#runner.advance(slot, native.booted(this.id, slot.id))
  }

  bootFailed(slot: Slot<R>, error: unknown, isLate: boolean): void {
    const id = native.boot_failed(this.id, slot.id)
    if (isLate) {
      this.failures.log('debug', { err: error }, 'init has failed after its time was over')
    } else if (id === Special.none) {
      this.failures.log('warn', { err: error }, 'init failed, and no task waited for it')
    } else {
      const task = this.#ledger.tasks[id]!
      if (typeof task === 'function') {
        this.#ledger.dropPlain(id)(new Failed(error))
      } else {
        this.#ledger.drop(id)
        this.#ends.reject(task, Rejection.startFailed, () => error)
      }
    }
    if (hasCommands()) carryOut()
  }

  validate(worker: number): void {
    this.#resources!.validate(this.#runner.slot(worker))
  }

  invalid(slot: Slot<R>): void {
    native.invalid(this.id, slot.id)
    if (hasCommands()) carryOut()
  }

  retire(worker: number): void {
    this.#resources!.retire(this.#runner.slot(worker))
  }

  overdue(worker: number): void {
    this.#resources!.overdue(worker)
  }
}
