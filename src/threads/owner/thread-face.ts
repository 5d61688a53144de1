import { fileURLToPath } from 'node:url'

import {
  Cancelled,
  Column,
  Exchange,
  Figure,
  Offer,
  Refusal,
  Rejection,
  Special,
  Time,
  ValueFlag,
  ValueKind,
  Word,
} from '../../native/abi.js'
import { describe, figures, isolate, native, numbers, outcomes, words } from '../../native/binding.js'
import {
  misuse,
  PoolClosedError,
  TaskTimeoutError,
  WaitTimeoutError,
  WorkerCrashedError,
  WorkerStartError,
} from '../../base/errors.js'
import { warnOfTwins } from '../../origin/copies.js'
import { Failures } from '../../origin/failures.js'
import {
  type ThreadTarget,
  block,
  carryOut,
  forget,
  hasCommands,
  hold,
  settleOutcomes,
  watch,
} from '../../native/isolate.js'
import { markHandled } from '../../base/follow.js'
import { needHeadroom } from '../../base/headroom.js'
import { Promise, rejectedLater, rejectedPromise, withoutFrames } from '../../base/intrinsics.js'
import { type ErrorDescription, describeError, reviveError } from '../../wire/payload/index.js'
import { merged } from '../../base/own.js'
import { withoutLimits } from '../../base/runtime.js'
import { Signals } from '../../origin/signals.js'
import { Stat } from '../../native/pool-stats.js'
import type { Resolve } from '../../origin/task.js'
import type { TaskInfo } from '../../options/task-info.js'
import {
  type RunChecked,
  type ThreadPoolSettings,
  checkAgreement,
  checkRunOptions,
} from '../../options/thread-options.js'
import { Verbs } from '../../origin/verbs.js'
import { Crew } from './crew.js'
import { afterPrints } from './after-prints.js'
import { type Enclosure, discard, enclose } from './enclosure.js'
import { NAMED, PORTLESS, SPREAD, decode, decodeAnswer, encode, pack, serialize } from '../../wire/values.js'

const { WatchCondition } = native

/** The export that is called if none is named. */
export const DEFAULT = 'default'
const NO_OPTIONS = checkRunOptions(undefined)

const noop = (): void => {}

let resolveOf: Resolve
let rejectOf: Resolve
const capture = (resolve: Resolve, reject: Resolve): void => {
  resolveOf = resolve
  rejectOf = reject
}

/** A task in a thread, as its origin keeps it until its promise has settled. */
class Call {
  /**
   * The core's number for the task, and the stamp that tells it from the tasks that have the number before and after
   * it.
   */
  id = -1
  stamp = 0

  constructor(
    readonly name: string,
    /** `undefined` for `runSync`. */
    readonly promise: Promise<unknown> | undefined,
    readonly resolve: Resolve,
    readonly reject: Resolve,
    readonly priority: number,
    readonly signal: AbortSignal | undefined,
    /** The argument, if no codec takes it, until the thread is known. */
    public enclosure: Enclosure | undefined,
  ) {}
}

/** Says of what a thread has died. */
interface Crash {
  readonly exitCode: number
  readonly cause: ErrorDescription | undefined
}
const UNKNOWN_CRASH: Crash = { exitCode: 1, cause: undefined }

/**
 * A face of the pool, and whether its threads are this isolate's; throws if a pool of the name was made with other
 * options.
 */
function join(settings: ThreadPoolSettings): { id: number; isOwner: boolean; concurrency: number } {
  const { size, expiry, nonblocking, maxBlockingTasks, concurrency, minSize, grace } = settings
  const options = {
    size,
    expiry,
    preAlloc: false,
    nonblocking,
    maxBlockingTasks,
    kind: { type: 'Thread' as const, grace },
    concurrency,
    minSize,
  }
  if (settings.agreement === undefined) return { id: native.create(isolate, options), isOwner: true, concurrency }
  const joined = native.join(isolate, settings.name, options, settings.agreement.text)
  try {
    checkAgreement(settings.name, settings.agreement, joined.details)
  } catch (error) {
    forget(joined.handle)
    throw error
  }
  return { id: joined.handle, isOwner: joined.isNew, concurrency: joined.options.concurrency }
}

/**
 * A thread pool as an isolate sees it: promises under the core's numbers of tasks and, in the owner, the crew of
 * threads.
 */
export class ThreadFace extends Verbs implements ThreadTarget {
  protected readonly target = this
  /** The threads of this isolate hold the crew. */
  readonly isRooted = false
  readonly #settings: ThreadPoolSettings
  readonly #failures: Failures
  /** In the owner. Between a thread and any other isolate there is no message port. */
  readonly #crew: Crew | undefined
  /** Most tasks that one thread has at once. */
  readonly concurrency: number
  /** Whether it has been logged that a thread cannot be started, and none has loaded since. */
  #hasWarned = false
  readonly #calls: (Call | undefined)[] = []
  readonly #signals = new Signals<Call>((call, reason) => this.#abort(call, reason))
  /** The numbers of exports, but only of functions that the module has, not of every name that somebody has called. */
  readonly #exportNumbers = new Map<string, number>()

  constructor(settings: ThreadPoolSettings) {
    const { name, size } = settings
    const { id, isOwner, concurrency } = join(settings)
    const isShared = settings.agreement !== undefined
    super(id, { name, size, isShared, isOwner: isShared && isOwner, isHeld: true })
    this.concurrency = concurrency
    this.#settings = settings
    this.#failures = new Failures(name, settings.panicHandler, settings.logger)
    if (withoutLimits !== undefined && settings.crew.worker.resourceLimits !== undefined) {
      const message = `${withoutLimits} does not report a thread that reaches its resourceLimits; only a timeout ends its task`
      this.#failures.log('warn', { option: 'resourceLimits' }, message)
    }
    this.#crew = isOwner ? this.#newCrew() : undefined
    hold(id, this)
    if (isShared) warnOfTwins(name, true, this.#failures)
    if (isOwner && settings.preAlloc) {
      native.start(isolate, id, true)
      carryOut()
    }
    if (settings.signal !== undefined) this.follow(settings.signal)
  }

  #newCrew(): Crew {
    const { id } = this
    return new Crew(id, this.#settings.crew, {
      crashed: (worker, exitCode, cause) => {
        // What came before the death comes before its consequences.
        settleOutcomes()
        pack(cause, (reduced) => ({ exitCode, cause: reduced }) as Crash)
        native.crashed(id, worker)
        carryOut()
      },
      retired: (worker) => {
        native.retired(id, worker)
        carryOut()
      },
      startFailed: (worker, cause) => {
        const failed = this.stat(Stat.failed)
        pack(cause)
        native.start_failed(id, worker)
        // Otherwise the errors of tasks say so.
        const isUntold = this.stat(Stat.failed) === failed
        if (isUntold && cause !== undefined) this.#warnOfStart(cause)
        carryOut()
      },
      loaded: () => {
        this.#hasWarned = false
      },
    })
  }

  /** A thread could not be started, and no task rejects for it. This is logged once, until a thread has loaded. */
  #warnOfStart(cause: ErrorDescription): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const file = fileURLToPath(this.#settings.crew.filename)
    const message = `a thread could not be started for ${file}; this is said once until one has loaded`
    this.#failures.log('warn', { err: this.#revive(cause) }, message)
  }

  protected abortRunning(reason: unknown): void {
    for (const call of this.#calls) if (call !== undefined) this.#abortInThread(call, reason, false)
  }

  /** Has the signal of a task abort, if a thread has the task. `ifSettled`: only if the task has also settled. */
  #abortInThread({ id, stamp }: Call, reason: unknown, ifSettled: boolean): void {
    pack(describeError(reason, `at an abort (pool ${this.#settings.name})`))
    native.abort(this.id, id, stamp, ifSettled ? 1 : 0)
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The number of an export; with several arguments they come as a list. */
  #exportNumber(name: string): number {
    const known = this.#exportNumbers.get(name)
    if (known !== undefined) return known
    const number = native.exportNumber(isolate, this.id, name)
    if (number === null) return NAMED
    this.#exportNumbers.set(name, number)
    return number
  }

  /** Runs the default export, or the one that is named. `defaults` has what `options` leaves out. */
  run(argument: unknown, options: unknown, defaults: RunChecked = NO_OPTIONS): Promise<unknown> {
    try {
      const checked = options === undefined ? defaults : merged(defaults, checkRunOptions(options))
      return this.call(checked.name ?? DEFAULT, argument, checked, false)
    } catch (error) {
      return rejectedPromise(error)
    }
  }

  /** Does the same as `run`, and blocks this thread until the result is there. */
  runSync(argument: unknown, options: unknown): unknown {
    needHeadroom()
    const checked = checkRunOptions(options)
    if (checked.signal?.aborted) throw checked.signal.reason
    if (!native.mayBlock(isolate, this.id)) {
      throw misuse(
        'runSync cannot be called where it would keep the task from its thread, or only another isolate could start one',
      )
    }
    let end: { readonly value: unknown; readonly isError: boolean } | undefined
    const code = this.#hand(checked.name ?? DEFAULT, argument, checked, false, Offer.normal, () => {
      const resolve: Resolve = (value) => (end = { value, isError: false })
      const reject: Resolve = (error) => (end = { value: error, isError: true })
      return new Call(
        checked.name ?? DEFAULT,
        undefined,
        resolve,
        reject,
        checked.priority ?? 1,
        checked.signal,
        undefined,
      )
    })
    if (code < 0) throw this.refusal(code, checked.name ?? DEFAULT)
    block(this.#settings.name, () => end !== undefined)
    if (end!.isError) throw end!.value
    return end!.value
  }

  /** Runs an export. Options are checked. */
  call(name: string, argument: unknown, options: RunChecked, isSpread: boolean): Promise<unknown> {
    return this.offer(name, argument, options, isSpread, Offer.normal)!
  }

  /**
   * Does the same as `call`, for a task that other pools could take as well: `undefined` if this pool does not take it.
   */
  offer(
    name: string,
    argument: unknown,
    options: RunChecked,
    isSpread: boolean,
    offer: Offer,
  ): Promise<unknown> | undefined {
    const { signal } = options
    let promise: Promise<unknown>
    try {
      if (signal?.aborted) return rejectedPromise(signal.reason)
      const code = this.#hand(name, argument, options, isSpread, offer, () => {
        promise = new Promise<unknown>(capture)
        const call = new Call(name, promise, resolveOf, rejectOf, options.priority ?? 1, signal, undefined)
        // These would keep the promise alive until the next call, and the promise would keep its value.
        resolveOf = rejectOf = noop
        return call
      })
      return code < 0 ? this.refused(code, offer, name) : promise!
    } catch (error) {
      return rejectedLater(error)
    }
  }

  /** Hands a task in. Gives its number, or a refusal; throws if the argument cannot be cloned. */
  #hand(
    name: string,
    argument: unknown,
    options: RunChecked,
    isSpread: boolean,
    offer: Offer,
    make: () => Call,
  ): number {
    const { signal } = options
    if (signal === undefined) return this.#handIn(name, argument, options, isSpread, offer, make)
    const refused = native.refuse(this.id, options.waitTimeout ?? Special.noLimit, options.timeout ?? 0, offer)
    if (refused < 0) return refused
    // The signal is listened to first, because that may throw, and a thread begins as soon as it has the task.
    const call = make()
    this.#signals.add(signal, call)
    let code = -1
    try {
      code = this.#handIn(name, argument, options, isSpread, offer, () => call)
    } finally {
      if (code < 0) this.#signals.delete(signal, call)
    }
    return code
  }

  #handIn(
    name: string,
    argument: unknown,
    options: RunChecked,
    isSpread: boolean,
    offer: Offer,
    make: () => Call,
  ): number {
    const { signal, transfer } = options
    const known = this.#exportNumber(name)
    const exportCode = known | (isSpread ? SPREAD : 0) | (this.#crew === undefined ? PORTLESS : 0)
    const sent = known === NAMED ? [name, argument] : argument
    let enclosure: Enclosure | undefined
    if (transfer !== undefined || !encode(sent)) {
      // Before anything is moved.
      needHeadroom()
      const refused = native.refuse(this.id, options.waitTimeout ?? Special.noLimit, options.timeout ?? 0, offer)
      if (refused < 0) return refused
      if (this.#crew === undefined) {
        serialize(sent, transfer)
      } else {
        enclosure = enclose(sent, transfer)
        if (enclosure !== undefined) describe(ValueKind.port, 0, 0)
      }
    }
    let code: number = Refusal.deep
    try {
      // While the argument was encoded, which runs code of the user.
      if (signal?.aborted) throw signal.reason
      code = this.#submit(exportCode, options, offer)
      if (code === Refusal.deep) {
        needHeadroom()
        code = this.#submit(exportCode, options, offer)
      }
    } finally {
      if (code < 0 && enclosure !== undefined) discard(enclosure)
    }
    if (code < 0) return code
    const stamp = words[Word.stamp]!
    const call = make()
    call.enclosure = enclosure
    call.id = code
    call.stamp = stamp
    while (this.#calls.length <= code) this.#calls.push(undefined)
    this.#calls[code] = call
    if (hasCommands()) carryOut()
    return code
  }

  #submit(
    exportCode: number,
    { priority = 1, waitTimeout = Special.noLimit, timeout = 0 }: RunChecked,
    offer: Offer,
  ): number {
    const isNoted = this.#settings.panicHandler !== undefined
    if (priority === 1 && waitTimeout === Special.noLimit && timeout === 0 && !isNoted && offer === Offer.normal) {
      return native.run(this.id, exportCode)
    }
    const noted = isNoted ? 1 : 0
    return native.run_with(this.id, exportCode, priority, waitTimeout, timeout, noted, offer)
  }

  #forget(id: number): Call {
    const call = this.#calls[id]!
    this.#calls[id] = undefined
    if (call.enclosure !== undefined) discard(call.enclosure)
    if (call.signal !== undefined) this.#signals.delete(call.signal, call)
    return call
  }

  outcome(id: number, row: number): void {
    const call = this.#calls[id]
    if (call === undefined) {
      // The task has settled in another way, and this is too late.
      this.#drop(row)
      return
    }
    try {
      this.#forget(id)
      const mayPrint = (outcomes[row * Exchange.columns + Column.kind]! & ValueFlag.printed) !== 0
      this.#settle(mayPrint ? this.#afterPrints(call) : call, row)
    } catch (error) {
      // A value that cannot be read back, or for which there is no memory, is the affair of its own task.
      call.reject(error)
    }
  }

  /**
   * The same, but the promise settles once the owner has read what the task has printed. An owner that is blocked reads
   * nothing.
   */
  #afterPrints(call: Call): Call {
    const { name, promise, priority, signal, resolve, reject } = call
    if (this.#crew === undefined) return call
    if (promise === undefined) {
      afterPrints(noop)
      return call
    }
    const later = (settle: Resolve) => (value: unknown) => afterPrints(() => settle(value))
    return new Call(name, promise, later(resolve), later(reject), priority, signal, undefined)
  }

  /** Nobody wants the value. */
  #drop(row: number): void {
    const kind = outcomes[row * Exchange.columns + Column.kind]!
    const isPosted = (kind & ValueFlag.mask) === ValueKind.port
    if (isPosted)
      this.#crew!.take(figures[row * Exchange.figures + Figure.value]!, { give: noop, fail: noop, lose: noop })
  }

  #settle(call: Call, row: number): void {
    const kind = outcomes[row * Exchange.columns + Column.kind]!
    const isFailed = (kind & ValueFlag.failed) !== 0
    if ((kind & ValueFlag.mask) !== ValueKind.port) {
      const value = this.#decode(kind, row)
      if (isFailed) this.#failWith(call, value as ErrorDescription, row)
      else call.resolve(value)
      return
    }
    const at = row * Exchange.figures
    const [number, waitMs, runMs] = [
      figures[at + Figure.id]!,
      figures[at + Figure.waitMs]!,
      figures[at + Figure.runMs]!,
    ]
    const fail = (error: unknown) => this.#fail(call, error, number, waitMs, runMs)
    this.#crew!.take(figures[at + Figure.value]!, {
      give: (value) => (isFailed ? fail(this.#revive(value as ErrorDescription)) : call.resolve(value)),
      fail: call.reject,
      lose: () => fail(new WorkerCrashedError(this.#settings.name, 0, undefined)),
    })
  }

  #failWith(call: Call, description: ErrorDescription, row: number): void {
    const at = row * Exchange.figures
    this.#fail(
      call,
      this.#revive(description),
      figures[at + Figure.id]!,
      figures[at + Figure.waitMs]!,
      figures[at + Figure.runMs]!,
    )
  }

  #decode(kind: number, row: number): unknown {
    const at = row * Exchange.columns
    return decode(
      kind,
      figures[row * Exchange.figures + Figure.value]!,
      outcomes[at + Column.offset]!,
      outcomes[at + Column.length]!,
    )
  }

  /** A task fails with an error that panicHandler is to see. */
  #fail(call: Call, error: unknown, id: number, waitMs: number, runMs: number): void {
    if (this.#settings.panicHandler !== undefined) {
      const info: TaskInfo = { pool: this.#settings.name, id, name: call.name, priority: call.priority, waitMs, runMs }
      this.#failures.report(error, info)
      if (call.promise !== undefined) markHandled(call.promise)
    }
    call.reject(error)
  }

  #abort(call: Call, reason: unknown): void {
    // Whoever has made a list of calls to abort may be too late for one.
    if (this.#calls[call.id] !== call) return
    const cancelled = native.cancel(this.id, call.id, call.stamp)
    if (cancelled === Cancelled.late) return
    this.#forget(call.id)
    call.reject(reason)
    if (cancelled === Cancelled.running) this.#abortInThread(call, reason, true)
    if (hasCommands()) carryOut()
  }

  // ── commands of the core ────────────────────────────────────────────────────────────────────────────────────────

  reject(id: number, rejection: Rejection, limit: number): void {
    const call = this.#forget(id)
    const error = withoutFrames(() => this.#rejection(rejection, limit, call.name))
    if (rejection === Rejection.crashed)
      this.#fail(call, error, numbers[Time.id]!, numbers[Time.waitMs]!, numbers[Time.runMs]!)
    else call.reject(error)
    if (rejection === Rejection.taskTimeout) this.#abortInThread(call, error, true)
  }

  #rejection(rejection: Rejection, limit: number, task: string): Error {
    const { name } = this.#settings
    switch (rejection) {
      case Rejection.released:
        return new PoolClosedError(name, 'the pool was released while the task waited')
      case Rejection.destroyed:
        return new PoolClosedError(name, 'the pool was destroyed')
      case Rejection.waitTimeout:
        return new WaitTimeoutError(name, limit, task)
      case Rejection.taskTimeout:
        return new TaskTimeoutError(name, limit, task)
      case Rejection.crashed:
        return this.#crashError()
      case Rejection.startFailed:
        return this.#startError(native.detail())
    }
  }

  #crashError(): WorkerCrashedError {
    const { name } = this.#settings
    try {
      // There may have been no memory for the reason.
      const { exitCode, cause } = (decodeAnswer(native.detail()) as Crash | undefined) ?? UNKNOWN_CRASH
      return new WorkerCrashedError(name, exitCode, this.#revive(cause))
    } catch (unreadable) {
      return new WorkerCrashedError(name, 1, unreadable)
    }
  }

  #startError(answer: number): WorkerStartError {
    return new WorkerStartError(this.#settings.name, fileURLToPath(this.#settings.crew.filename), this.#cause(answer))
  }

  /** Why, as far as that can be read back. */
  #cause(answer: number): unknown {
    try {
      return this.#revive(decodeAnswer(answer) as ErrorDescription | undefined)
    } catch (unreadable) {
      return unreadable
    }
  }

  #revive(description: ErrorDescription | undefined): unknown {
    if (description === undefined) return undefined
    try {
      return reviveError(description, this.#settings.errors)
    } catch {
      // One of these classes throws when it is asked for its name or prototype.
      return reviveError(description, [])
    }
  }

  boot(worker: number): void {
    this.#crew!.start(worker)
  }

  retire(worker: number): void {
    this.#crew!.retire(worker)
  }

  died(worker: number, serial: number): void {
    this.#crew!.died(worker, serial)
  }

  kill(worker: number): void {
    this.#crew!.kill(worker)
  }

  sendArgument(worker: number, task: number, stamp: number): void {
    const call = this.#calls[task]
    // The task may have settled, and another task may have its number.
    const isLate = call === undefined || call.stamp !== stamp
    const enclosure = isLate ? undefined : call.enclosure
    if (!isLate) call.enclosure = undefined
    this.#crew!.sendArgument(worker, enclosure)
  }

  // ── verbs of its own ────────────────────────────────────────────────────────────────────────────────────────────

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (vain: number): void => {
        if (vain === 0) afterPrints(resolve)
        else if (this.stat(Stat.isClosed) === 1) reject(this.closedError())
        else reject(this.#startError(native.start_failure(this.id)))
      }
      native.start(isolate, this.id, false)
      watch(this.id, WatchCondition.Started, settle, true)
    })
  }

  async destroy(): Promise<void> {
    const generation = native.close(isolate, this.id)
    native.destroy(isolate, this.id)
    carryOut()
    await new Promise<void>((resolve) => {
      watch(this.id, WatchCondition.Ended, () => resolve(), true, generation)
    })
  }
}
