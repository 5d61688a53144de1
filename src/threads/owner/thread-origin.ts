import { Cancelled, Offer, Refusal, Rejection, Word } from '../../native/abi.js'
import { isolate, native, words } from '../../native/binding.js'
import { warnOfTwins } from '../../origin/copies.js'
import { Failures } from '../../origin/failures.js'
import type { Batch, Share } from '../../origin/batch.js'
import { Handle } from '../../origin/handle.js'
import type { JobOptions } from '../../origin/origin.js'
import { timesNow } from '../../origin/times.js'
import type { Places } from '../../origin/places.js'
import { open } from '../../origin/opening.js'
import { isRefusal, isTurnedAway } from '../../origin/rejections.js'
import { block, carryOut, hasCommands, watch } from '../../native/isolate.js'
import { type ThreadTarget, hold } from '../../native/targets.js'
import { Promise, rejectedLater, withoutFrames } from '../../base/intrinsics.js'
import { rare } from '../../wire/rarely.js'
import { Observer } from '../../observe/observer.js'
import { Signals } from '../../origin/signals.js'
import { Stat } from '../../native/pool-stats.js'
import type { CheckedCarrier } from '../../options/carry-options.js'
import type { Change } from '../../options/live-options.js'
import { forChanges } from '../../options/needed.js'
import { toCoreScheduling } from '../../options/scheduling-options.js'
import {
  type RunChecked,
  type ThreadPoolSettings,
  NO_RUN_OPTIONS,
  checkThreadSize,
} from '../../options/thread-options.js'
import { type Occupation, occupationsOf } from '../inspect/occupations.js'
import { Threads } from './threads.js'
import { afterPrints } from './after-prints.js'
import { assertMayBlock, blockedByStreams } from './blocking.js'
import { type Call, LEFT_OUT } from './call.js'
import type { Audience } from '../broadcast/broadcast.js'
import { CallEnds, completeOf, isPlainResult } from './call-ends.js'
import type { CallList } from './call-list.js'
import { CallTable } from './call-table.js'
import { CallEntrance, refusalOf } from './call-entrance.js'
import { forBatches } from './needed.js'
import { discard } from './port-argument.js'
import type { Taker } from './port-values.js'
import { forTracing, isTraced } from '../../origin/needed.js'
import { openStreams } from '../stream/open-streams.js'
import type { StreamHome } from '../stream/home.js'
import { Listener } from './progress.js'
import { ThreadErrors } from './thread-errors.js'
import { ThreadReports } from './thread-reports.js'
import { watchedThreads } from './watched.js'
import { pack } from '../../wire/values.js'

const { WatchCondition } = native

/**
 * A thread pool as an isolate sees it: promises under the core's numbers of tasks and, in the owner, the threads.
 */
export class ThreadOrigin extends Handle<Call, RunChecked, CallList> implements ThreadTarget, StreamHome {
  protected readonly target = this
  /** In the owner, the threads hold the pool. */
  readonly isRooted = false
  readonly #settings: ThreadPoolSettings
  override readonly failures: Failures
  readonly #errors: ThreadErrors
  readonly #ends: CallEnds
  /** In the owner. Between a thread and any other isolate there is no message port. */
  readonly #threads: Threads | undefined
  /** The largest number of tasks that one thread has at once. */
  readonly concurrency: number
  readonly #entrance: CallEntrance
  readonly #calls = new CallTable()
  readonly observer: Observer
  readonly #carry: readonly CheckedCarrier[]
  readonly #signals = new Signals<Call>((call, reason) => void this.#abort(call, reason))

  constructor(settings: ThreadPoolSettings) {
    const { name, agreement, size, expiry, nonblocking, maxBlockingTasks, concurrency, minSize, grace } = settings
    const kind = { type: 'Thread' as const, grace }
    const workers = { size, expiry, preAlloc: false, kind, concurrency, minSize }
    const options = {
      ...workers,
      nonblocking,
      maxBlockingTasks,
      measure: settings.measure,
      ...toCoreScheduling(settings),
    }
    const opened = open(name, options, agreement)
    const { id, isNew, serial, hasAgeing } = opened
    const isShared = agreement !== undefined
    super(id, { name, kind: 'threads', size, isShared, serial, isOwner: isShared && isNew, isHeld: true, hasAgeing })
    this.concurrency = opened.concurrency
    this.#carry = opened.hasCarriers ? settings.carry : []
    this.#settings = settings
    this.failures = new Failures(name, settings.panicHandler, settings.logger)
    this.#errors = new ThreadErrors(settings)
    const reports = new ThreadReports(this, settings, this.failures, this.#errors)
    this.#threads = isNew ? new Threads(id, settings.threads, reports) : undefined
    this.#entrance = new CallEntrance(id, isNew, settings.panicHandler !== undefined, this.#carry)
    this.#ends = new CallEnds(this.failures, this.#errors, this.#threads)
    this.observer = new Observer(watchedThreads(this, this.#calls, this.failures, this.#threads), settings)
    hold(id, this)
    if (isShared) warnOfTwins(name, true, this.failures)
    if (settings.signal !== undefined) this.follow(settings.signal)
  }

  /** The options have been found to agree: the threads that are to be there from the start begin to start. */
  startThreads(): void {
    if (this.#threads === undefined || !this.#settings.preAlloc) return
    native.start(isolate, this.id, true)
    carryOut()
  }

  protected nameOf(call: Call): string {
    return call.name
  }

  checkSize(size: unknown): number {
    return checkThreadSize(size)
  }

  readChange(change: unknown): Change {
    return forChanges().checkThreadChange(change)
  }

  protected abortRunning(reason: unknown): void {
    this.#calls.each((call) => this.#abortInThread(call, reason, false))
  }

  protected cancelRunning(reason: unknown): void {
    this.#calls.each((call) => void this.#abort(call, reason))
  }

  /** Has the signal of a task abort, if a thread has the task. `ifSettled`: only if the task has also settled. */
  #abortInThread({ id, stamp }: Call, reason: unknown, ifSettled: boolean): void {
    pack(rare().describeError(reason, `at an abort (pool ${this.#settings.name})`))
    native.abort(this.id, id, stamp, ifSettled ? 1 : 0)
  }

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  offer(call: Call, options: RunChecked & JobOptions = NO_RUN_OPTIONS, mode: Offer): Promise<unknown> | undefined {
    const { traced } = options
    try {
      if (traced === undefined && isTraced()) return forTracing().offerTraced(this, call, options, mode)
      const promise = call.promised()
      const code = this.offerSilently(call, options, mode)
      return code < 0 ? this.refused(code, mode, call, traced) : promise
    } catch (error) {
      traced?.refuse(error)
      return rejectedLater(error)
    }
  }

  /** Throws if the argument cannot be cloned. */
  offerSilently(call: Call, options: RunChecked & JobOptions, mode: Offer): number {
    const { signal, followed } = options
    if (followed !== undefined) call.settleFor(followed)
    if (signal === undefined) return this.#keep(call, this.#entrance.handIn(call, options, mode), options)
    const refused = refusalOf(this.id, options, mode)
    if (refused < 0) return refused
    // The call listens before it is handed in: listening may throw, and a thread begins as soon as it has the task.
    this.#signals.add(signal, call)
    let code: number = Refusal.deep
    try {
      code = this.#keep(call, this.#entrance.handIn(call, options, mode), options)
    } finally {
      if (code < 0) this.#signals.delete(signal, call)
    }
    return code
  }

  /** A call that is accepted is a task until it has settled. `code`: the number of the task, or a refusal; gives it back. */
  #keep(call: Call, code: number, options: RunChecked & JobOptions): number {
    if (code < 0) return code
    call.id = code
    call.stamp = words[Word.stamp]!
    call.options = options
    call.site = this.observer.site()
    call.argument = undefined
    if (options.onProgress !== undefined) call.listener = new Listener(options.onProgress, this.failures, call.name)
    this.#calls.keep(call)
    this.observer.accepted()
    if (options !== NO_RUN_OPTIONS) {
      options.followed?.accepted(this.id, call, this.#abort)
      if (options.traced !== undefined) call.tellAccepted(options.traced, this.id, this.name)
    }
    if (hasCommands()) carryOut()
    return code
  }

  protected get isNoted(): boolean {
    return this.#settings.panicHandler !== undefined
  }

  anyOf(calls: CallList): Call {
    return calls.any()
  }

  share(
    batch: Batch,
    calls: CallList,
    indices: readonly number[] | undefined,
    options: RunChecked & JobOptions,
    places: Places,
  ): Share {
    return new (forBatches().CallShare)(this.audience, batch, calls, indices, options, places)
  }

  /** What batches and broadcasts need of the pool. */
  get audience(): Audience {
    return {
      id: this.id,
      name: this.name,
      hasPort: this.#threads !== undefined,
      isNoted: this.isNoted,
      observer: this.observer,
      exportCode: (name) => this.#entrance.exportCode(name),
      carry: this.#carry,
      table: this.#calls,
      abort: this.#abort,
      stick: (name, portArgument) => this.#threads?.stick(name, portArgument),
      refusal: (code, call) => this.refusal(code, call),
      closedError: () => this.closedError(),
    }
  }

  /**
   * As `execute`, while this isolate has streams of the pool open: their threads may wait until this isolate consumes, which it
   * does not while it is blocked.
   */
  #executeAside(call: Call, options: RunChecked & JobOptions): void {
    const isAside = this.concurrency === 1 || this.stat(Stat.available) > 0
    const code = isAside ? this.offerSilently(call, options, Offer.atOnce) : Refusal.overload
    if (!isRefusal(code)) return
    if (code === Refusal.closed) throw this.closedError()
    throw blockedByStreams()
  }

  /** As `submit`, blocking this isolate until the result is there. Throws what `submit` would reject with. */
  callSync(call: Call, options: RunChecked & JobOptions): unknown {
    if (isTraced() && options.traced === undefined) {
      return forTracing().traced(this, call, options, (all) => this.callSync(call, all))
    }
    let end: { readonly value: unknown; readonly isError: boolean } | undefined
    call.resolve = (value) => (end = { value, isError: false })
    call.reject = (error) => (end = { value: error, isError: true })
    if (options.signal?.aborted) throw options.signal.reason
    assertMayBlock(this.id)
    // Nothing that this isolate could do would end the pause meanwhile.
    const refused = native.refuse_if_paused(this.id)
    if (refused < 0) throw this.refusal(refused, call)
    if (openStreams(this.streamKey).size > 0) this.#executeAside(call, options)
    else this.execute(call, options)
    block(this.name, () => {
      call.listener?.tell()
      return end !== undefined
    })
    if (end!.isError) throw end!.value
    return end!.value
  }

  // ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Several handles of this isolate may be of one shared pool. */
  get streamKey(): unknown {
    return this.#settings.agreement === undefined ? this : this.name
  }

  /** Whether the call is a task of this pool. */
  has(call: Call): boolean {
    return this.#calls.has(call)
  }

  withdraw(call: Call, reason: unknown): void {
    this.#abort(call, reason)
  }

  takeValue(token: number, taker: Taker): void {
    this.#threads!.take(token, taker)
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The task is none any more. */
  #forget(call: Call): void {
    this.#calls.drop(call.id)
    if (call.portArgument !== undefined) discard(call.portArgument)
    const { signal } = call.options
    if (signal !== undefined) this.#signals.delete(signal, call)
  }

  outcome(id: number, row: number): void {
    let call = this.#calls.objectAt(id)
    if (call === undefined) {
      const batch = this.#calls.batchAt(id)
      if (batch !== undefined && isPlainResult(row)) {
        const index = this.#calls.indexAt(id)
        this.#calls.drop(id)
        completeOf(batch, index, row)
        return
      }
      call = this.#calls.at(id)
    }
    if (this.#ends.isProgress(row)) {
      if (call !== undefined) this.#ends.hear(call, row)
      return
    }
    if (call === undefined) {
      // The task has settled in another way, and this is too late.
      this.#ends.drop(row)
      return
    }
    try {
      call.noteTimes(this.id)
      this.#forget(call)
      this.#ends.settle(call, row)
    } catch (error) {
      // A value that cannot be read back, or for which there is no memory, is the affair of its own task.
      call.fail(error)
    }
  }

  readonly #abort = (call: Call, reason: unknown): boolean => {
    // Whoever has made a list of calls to abort may be too late for one.
    if (!this.#calls.has(call)) return false
    call.noteTimes(this.id)
    const cancelled = native.cancel(this.id, call.id, call.stamp)
    if (cancelled === Cancelled.late) return false
    this.#forget(call)
    call.endsBy('abort')
    call.fail(reason)
    if (cancelled === Cancelled.running) this.#abortInThread(call, reason, true)
    if (hasCommands()) carryOut()
    return true
  }

  // ── commands of the core ────────────────────────────────────────────────────────────────────────────────────────

  reject(id: number, rejection: Rejection, limit: number): void {
    const times = timesNow()
    const call = this.#calls.at(id)!
    this.#forget(call)
    if (rejection === Rejection.leftOut) return call.fail(LEFT_OUT)
    call.noted(times)
    call.endsBy(rejection)
    const made = withoutFrames(() => this.#errors.of(rejection, limit, this.id, call.name))
    const error = this.observer.addSite(made, call.site)
    if (rejection === Rejection.crashed) this.#ends.fail(call, error, times)
    else if (isTurnedAway(rejection)) call.turnAway(error)
    else call.fail(error)
    if (rejection === Rejection.taskTimeout) this.#abortInThread(call, error, true)
  }

  boot(worker: number): void {
    this.#threads!.start(worker)
  }

  retire(worker: number): void {
    this.#threads!.retire(worker)
  }

  died(worker: number, serial: number): void {
    this.#threads!.died(worker, serial)
  }

  kill(worker: number): void {
    this.#threads!.kill(worker)
  }

  sendArgument(worker: number, task: number, stamp: number): void {
    const call = this.#calls.objectAt(task)
    // The task may have settled, and another task may have its number.
    const isLate = call === undefined || call.stamp !== stamp
    const portArgument = isLate ? undefined : call.portArgument
    if (!isLate) call.portArgument = undefined
    this.#threads!.sendArgument(worker, portArgument)
  }

  /** What the live threads do at this moment, also in a pool that is closed. */
  occupations(): Occupation[] {
    return occupationsOf(this.id, (task) => this.#calls.at(task)?.name)
  }

  // ── verbs of its own ────────────────────────────────────────────────────────────────────────────────────────────

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (vain: number): void => {
        if (vain === 0) afterPrints(resolve)
        else if (this.stat(Stat.isClosed) === 1) reject(this.closedError())
        else reject(this.#errors.start(native.start_failure(this.id)))
      }
      native.start(isolate, this.id, false)
      watch(this.id, WatchCondition.Started, settle, true)
    })
  }

  async destroy(): Promise<void> {
    const generation = native.close(isolate, this.id)
    native.destroy(isolate, this.id)
    carryOut()
    this.telling.closed()
    await new Promise<void>((resolve) => {
      watch(this.id, WatchCondition.Ended, () => resolve(), true, generation)
    })
  }
}
