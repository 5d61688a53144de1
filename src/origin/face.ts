import type { AsyncResource } from 'node:async_hooks'

import { needHeadroom } from '../base/headroom.js'
import {
  Promise,
  queueMicrotask,
  rejectedLater,
  rejectedPromise,
  resolvedPromise,
  withoutFrames,
} from '../base/intrinsics.js'
import { Cancelled, How, Offer, Refusal, Rejection, Special, Time, Word } from '../native/abi.js'
import { isolate, native, numbers, words } from '../native/binding.js'
import { captureContext, captureContextForGood, runInContext, runInContextForGood } from './async-context.js'
import { PoolClosedError, TaskTimeoutError, WaitTimeoutError } from '../base/errors.js'
import { warnOfTwins } from './copies.js'
import { Failures } from './failures.js'
import { Failed, Followed, follow, markHandled } from '../base/follow.js'
import { type ClosureTarget, carryOut, forget, hasCommands, hold, letGo, postpone } from '../native/isolate.js'
import {
  type PoolSettings,
  type SharedSettings,
  checkAgreement,
  checkSubmitOptions,
  checkTask,
} from '../options/options.js'
import { Signals } from './signals.js'
import { Stat } from '../native/pool-stats.js'
import { type Closure, Context, type Resolve, Task, nameOf } from './task.js'
import type { TaskInfo } from '../options/task-info.js'
import { isThenable } from '../base/follow.js'
import { Verbs } from './verbs.js'
import { type Ends, Worker } from './worker.js'

/** What `new Promise` was given last, read at once: an executor per promise would be one closure more. */
let resolveOf: Resolve
let rejectOf: Resolve
/** Called once they are read: they would keep the promise, and it its value, until the next one. */
const forgetCaptured = (): void => {
  resolveOf = rejectOf = noop
}
const capture = (resolve: Resolve, reject: Resolve): void => {
  resolveOf = resolve
  rejectOf = reject
}

/** How a call of a closure went; with what, is in `outcome`, read at once. */
const enum Went {
  completed,
  failed,
  pending,
}
let outcome: unknown

const noop = (): void => {}

/** The core waits for its end, or does not any more. */
interface Disposal {
  isOverdue: boolean
}

/** Beyond so many closures and handlers inside one another on the stack, a closure starts from a microtask. Else the stack would end some day. */
const MOST_NESTED = 100
/** How many of them are on the stack, of whatever pools of this isolate. */
let nested = 0

/** The times that the core has written last; read before anything else is called. */
const timesNow = (): { id: number; waitMs: number; runMs: number } => ({
  id: numbers[Time.id]!,
  waitMs: numbers[Time.waitMs]!,
  runMs: numbers[Time.runMs]!,
})

/** A face of the shared pool of this name. */
function join(settings: SharedSettings, options: Parameters<typeof native.join>[2]): number {
  const { handle: face, options: existing } = native.join(isolate, settings.name, options, '')
  try {
    checkAgreement(settings, existing)
  } catch (error) {
    forget(face)
    throw error
  }
  return face
}

/**
 * A pool as this isolate sees it: closures and promises, under the numbers by which the core knows their tasks and
 * workers. Who runs when is the core's business; here it is done.
 *
 * A *plain* task (no options, no `panicHandler`, nothing to carry) is a closure and a `resolve` while it waits. Any
 * other one is a `Task`, kept until its closure has ended and its promise has settled.
 */
export class Face<R> extends Verbs implements ClosureTarget, Ends<R> {
  protected readonly target = this
  readonly #settings: PoolSettings<R>
  readonly #failures: Failures
  readonly #signals = new Signals<Task<R>>((task, reason) => this.#abort(task, reason))
  /** By task number. */
  readonly #tasks: (Closure<R> | Task<R> | undefined)[] = []
  /** By task number, of plain tasks that wait. */
  readonly #resolves: (Resolve | undefined)[] = []
  /** By worker number. */
  readonly #workers: (Worker<R> | undefined)[] = []
  /** Of the workers that are being disposed of, by number. */
  readonly #disposals = new Map<number, Disposal>()
  /** That of `create`, for what belongs to no task. */
  readonly #asyncContext: AsyncResource | undefined
  /** How many closures of this pool are on the stack. */
  #depth = 0
  #hasWarned = false

  constructor(settings: PoolSettings<R>) {
    const { name, isShared, size, expiry, preAlloc, nonblocking, maxBlockingTasks } = settings
    const hasResource = settings.init !== undefined
    const options = {
      size,
      expiry,
      preAlloc,
      nonblocking,
      maxBlockingTasks,
      kind: hasResource
        ? { type: 'Resource' as const, disposeTimeout: settings.disposeTimeout }
        : { type: 'Slot' as const },
      concurrency: 1,
      minSize: 0,
    }
    const id = isShared ? join(settings, options) : native.create(isolate, options)
    super(id, { name, size, isShared, isOwner: false, isHeld: hasResource })
    this.#settings = settings
    this.#failures = new Failures(name, settings.panicHandler, settings.logger)
    if (hasResource) this.#asyncContext = captureContextForGood()
    if (hasResource) hold(this.id, this)
    if (isShared) warnOfTwins(name, false, this.#failures)
    if (settings.signal !== undefined) this.follow(settings.signal)
  }

  /** Idle resources are disposed of even if nobody knows of them any more. */
  get isRooted(): boolean {
    return this.#settings.init !== undefined && this.stat(Stat.running) > 0
  }

  protected abortRunning(reason: unknown): void {
    for (const worker of this.#workers) worker?.context?.abort(reason)
  }

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  submit(closure: Closure<R>, options: unknown): Promise<unknown> {
    return this.offer(closure, options, Offer.normal)!
  }

  /** As `submit`, for a task that other pools could take as well: `undefined` if this one does not. */
  offer(closure: Closure<R>, options: unknown, offer: Offer): Promise<unknown> | undefined {
    const isPlain = options === undefined && this.#settings.panicHandler === undefined
    if (!isPlain || typeof closure !== 'function') return this.#submitTask(closure, options, offer)

    const code = offer === Offer.normal ? native.submit(this.id) : native.offer(this.id, offer)
    if (code <= Special.lastRefusal) return this.#notTaken(code, closure, offer)
    hold(this.id, this)
    if (code < 0) {
      const promise = this.#keepPlain(~code, closure)
      this.#waits()
      return promise
    }
    if (nested >= MOST_NESTED) {
      const id = words[Word.task]!
      const promise = this.#keepPlain(id, closure)
      this.#advanceLater(code, id)
      return promise
    }
    return this.#startPlain(this.#worker(code), closure)
  }

  /** The core has not taken a plain task. */
  #notTaken(code: number, closure: Closure<R>, offer: Offer): Promise<unknown> | undefined {
    if (code !== Refusal.deep) return this.refused(code, offer, closure)
    try {
      needHeadroom()
    } catch (error) {
      return rejectedLater(error)
    }
    return this.offer(closure, undefined, offer)
  }

  /** Keeps a plain task until it is started. */
  #keepPlain(id: number, closure: Closure<R>): Promise<unknown> {
    const stamp = words[Word.stamp]!
    const promise = new Promise<unknown>(capture)
    const asyncContext = captureContext(promise)
    if (asyncContext === undefined) {
      this.#keep(id, closure)
      while (this.#resolves.length <= id) this.#resolves.push(undefined)
      this.#resolves[id] = resolveOf
      forgetCaptured()
    } else {
      const task = new Task(closure, promise, 1, undefined, false, false)
      task.id = id
      task.stamp = stamp
      task.resolve = resolveOf
      task.reject = rejectOf
      forgetCaptured()
      task.asyncContext = asyncContext
      this.#keep(id, task)
    }
    return promise
  }

  #submitTask(closure: unknown, options: unknown, offer: Offer): Promise<unknown> | undefined {
    try {
      checkTask(closure)
      const checked = checkSubmitOptions(options)
      if (checked.signal?.aborted) return rejectedPromise(checked.signal.reason)
      const admitted = this.#admit(closure, checked, offer, true)
      return typeof admitted === 'number' ? this.refused(admitted, offer, closure) : admitted.promise
    } catch (error) {
      return rejectedLater(error)
    }
  }

  execute(closure: unknown, options: unknown): void {
    checkTask(closure)
    const checked = checkSubmitOptions(options)
    if (checked.signal?.aborted) throw checked.signal.reason
    const admitted = this.#admit(closure, checked, Offer.normal, false)
    if (typeof admitted === 'number') throw this.refusal(admitted, closure)
  }

  tryExecute(closure: unknown, options: unknown, offer = Offer.normal): boolean {
    checkTask(closure)
    const checked = checkSubmitOptions(options)
    if (checked.signal?.aborted) return false
    const admitted = this.#admit(closure, checked, offer, false)
    // Its own `waitTimeout` has ended it: nobody else may take it.
    if (offer !== Offer.normal && admitted === Refusal.waitTimeout) throw this.refusal(admitted, closure)
    return typeof admitted !== 'number'
  }

  /** Hands in a task that is not plain, and starts it if it may. Gives the task, or the core's refusal. */
  #admit(
    closure: Closure<R>,
    { signal, priority = 1, waitTimeout = Special.noLimit, timeout = 0 }: ReturnType<typeof checkSubmitOptions>,
    offer: Offer,
    hasPromise: boolean,
  ): Task<R> | number {
    const isNoted = !hasPromise || this.#settings.panicHandler !== undefined
    const noted = isNoted ? 1 : 0
    let code = native.submit_with(this.id, priority, waitTimeout, timeout, noted, offer)
    if (code === Refusal.deep) {
      needHeadroom()
      code = native.submit_with(this.id, priority, waitTimeout, timeout, noted, offer)
    }
    if (code <= Special.lastRefusal) return code
    hold(this.id, this)

    const promise = hasPromise ? new Promise<unknown>(capture) : undefined
    const task = new Task<R>(closure, promise, priority, signal, timeout > 0, isNoted)
    task.id = code >= 0 ? words[Word.task]! : ~code
    task.stamp = words[Word.stamp]!
    if (hasPromise) {
      task.resolve = resolveOf
      task.reject = rejectOf
      forgetCaptured()
    }
    this.#keep(task.id, task)
    if (signal !== undefined) {
      try {
        this.#signals.add(signal, task)
      } catch (error) {
        this.#withdraw(task, code)
        throw error
      }
    }
    if (code >= 0 && nested < MOST_NESTED) {
      const worker = this.#worker(code)
      this.#advance(worker, this.#startTask(worker, task, true))
      return task
    }
    task.asyncContext = captureContext(promise ?? new Promise(noop))
    if (code >= 0) this.#advanceLater(code, task.id)
    else this.#waits()
    return task
  }

  /** Takes a task back that has not been started, and whose caller is told by what is thrown. */
  #withdraw(task: Task<R>, code: number): void {
    native.cancel(this.id, task.id, task.stamp)
    task.isSettled = true
    if (code < 0) {
      this.#tasks[task.id] = undefined
      this.#letGoIfQuiet()
      if (hasCommands()) carryOut()
      return
    }
    const worker = this.#worker(code)
    this.#advance(worker, this.#startTask(worker, task, true))
  }

  #keep(id: number, task: Closure<R> | Task<R>): void {
    // Without holes, so that it stays an array and does not become a dictionary.
    while (this.#tasks.length <= id) this.#tasks.push(undefined)
    this.#tasks[id] = task
  }

  /** A task has begun to wait. */
  #waits(): void {
    if (hasCommands()) carryOut()
    if (this.#depth > 0 && !this.#hasWarned && this.stat(Stat.available) === 0) {
      this.#hasWarned = true
      const message = 'a closure has submitted to its own full pool; if it awaits that task, both wait for ever'
      this.#failures.log('warn', {}, message)
    }
  }

  // ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #worker(id: number): Worker<R> {
    while (this.#workers.length <= id) this.#workers.push(undefined)
    return (this.#workers[id] ??= new Worker<R>(id, this))
  }

  /** A plain task that has a worker at once: it runs inside `submit`, and gets a promise only if it needs one. */
  #startPlain(worker: Worker<R>, closure: Closure<R>): Promise<unknown> {
    worker.plainId = words[Word.task]!
    const went = this.#call(worker, closure)
    const value = outcome
    outcome = undefined
    if (went === Went.pending) {
      const promise = new Promise<unknown>(capture)
      worker.resolve = resolveOf
      forgetCaptured()
      this.#await(worker, value)
      return promise
    }
    this.#advance(worker, this.#finish(worker, went, value))
    return went === Went.completed ? resolvedPromise(value) : rejectedPromise(value)
  }

  /** Starts one waiting task after the other on a worker, as long as they end at once: a loop, so that they use no stack. */
  #advance(worker: Worker<R>, task: number): void {
    for (let next = task; next !== Special.none;) next = this.#startNext(worker, next)
    if (hasCommands()) carryOut()
  }

  /** A task has its worker, and starts from a microtask. */
  #advanceLater(worker: number, task: number): void {
    queueMicrotask(() => this.#advance(this.#worker(worker), task))
    if (hasCommands()) carryOut()
  }

  /** Starts a task that waited. Gives the next one of the worker, if this one has ended already. */
  #startNext(worker: Worker<R>, id: number): number {
    const task = this.#tasks[id]!
    if (typeof task !== 'function') return this.#startTask(worker, task, false)

    const resolve = this.#resolves[id]!
    this.#tasks[id] = undefined
    this.#resolves[id] = undefined
    worker.plainId = id
    const went = runInContext(undefined, this.#call, worker, task)
    const value = outcome
    outcome = undefined
    if (went === Went.pending) {
      worker.resolve = resolve
      this.#await(worker, value)
      return Special.none
    }
    const next = this.#finish(worker, went, value)
    resolve(went === Went.completed ? value : new Failed(value))
    return next
  }

  /** Starts a task that is not plain. Gives the next one of the worker, if this one has ended already. */
  #startTask(worker: Worker<R>, task: Task<R>, isNow: boolean): number {
    worker.task = task
    // Aborted while its start was under way: it never runs.
    if (task.isSettled) return this.#endTask(worker, task, Went.completed, undefined)
    task.isStarted = true
    if (task.hasTimeout || task.isNoted) native.begin(this.id, task.id, task.stamp)
    const went = isNow
      ? this.#call(worker, task.closure)
      : runInContext(this.#takeContext(task), this.#call, worker, task.closure)
    const value = outcome
    outcome = undefined
    if (went !== Went.pending) return this.#endTask(worker, task, went, value)
    this.#await(worker, value)
    if (task.hasTimeout) native.limit(this.id, task.id, task.stamp)
    return Special.none
  }

  /** Calls a closure. A property, as it is handed to `runInContext`. */
  readonly #call = (worker: Worker<R>, closure: Closure<R>): Went => {
    const context = new Context(worker.resource as R)
    // Its start may have been under way when the pool's signal aborted.
    if (this.isAborted) context.abort(this.#settings.signal?.reason)
    worker.context = context
    if (worker.task !== undefined) worker.task.context = context
    this.#depth++
    nested++
    try {
      const value = closure(context)
      if (isThenable(value)) {
        outcome = value
        return Went.pending
      }
      outcome = value
      return Went.completed
    } catch (error) {
      outcome = error
      return Went.failed
    } finally {
      nested--
      this.#depth--
    }
  }

  #await(worker: Worker<R>, promise: unknown): void {
    follow(promise as PromiseLike<unknown>, worker.onFulfilled, worker.onRejected)
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  fulfilled(worker: Worker<R>, value: unknown): void {
    this.#ended(worker, Went.completed, value)
  }

  rejected(worker: Worker<R>, error: unknown): void {
    this.#ended(worker, Went.failed, error)
  }

  /** The promise of a closure has settled. The core hears of it first, then the task's promise, then the next task. */
  #ended(worker: Worker<R>, went: Went, value: unknown): void {
    const { task, resolve } = worker
    if (task !== undefined) {
      this.#advance(worker, this.#endTask(worker, task, went, value))
      return
    }
    worker.resolve = undefined
    const next = this.#finish(worker, went, value)
    // A plain task keeps no `reject`; that its promise follows what fails comes to the same.
    resolve!(went === Went.completed ? value : new Failed(value))
    this.#advance(worker, next)
  }

  /** Reports the end of a closure to the core. Gives the next task of the worker. */
  #finish(worker: Worker<R>, went: Went, value: unknown): number {
    worker.context = undefined
    const how = went === Went.completed ? How.completed : this.#howFailed(worker, value)
    const next = native.finish(this.id, worker.id, how)
    this.#letGoIfQuiet()
    return next
  }

  /**
   * Without a task and without resources there is nothing that the core may want of the pool. It is held for as long as there
   * is, and no longer, so that a pool which its own options reference can be collected.
   */
  #letGoIfQuiet(): void {
    if (words[Word.quiet] === 1 && this.#settings.init === undefined) letGo(this.id)
  }

  #howFailed(worker: Worker<R>, error: unknown): How {
    const { isBroken } = this.#settings
    if (isBroken === undefined) return How.failed
    nested++
    try {
      return isBroken(error, worker.resource as R) ? How.failedAndBroken : How.failed
    } catch (thrown) {
      this.#failures.log('warn', { err: thrown }, 'isBroken threw; the resource is taken for broken')
      return How.failedAndBroken
    } finally {
      nested--
    }
  }

  /** The closure of a task that is not plain has ended. Gives the next task of the worker. */
  #endTask(worker: Worker<R>, task: Task<R>, went: Went, value: unknown): number {
    worker.task = undefined
    task.context = undefined
    task.isEnded = true
    const isReported = went === Went.failed && !task.isSettled && this.#isReported(task)
    if (isReported) native.times(this.id, task.id, task.stamp)
    const info = isReported ? this.#info(task, timesNow()) : undefined
    const next = this.#finish(worker, went, value)
    if (words[Word.settled] === 1) {
      this.#tasks[task.id] = undefined
      this.#settle(task)
      if (went === Went.completed) task.resolve?.(value)
      else this.#fail(task, value, info)
    } else {
      // Otherwise its rejection is still on the way, and `reject` lets go of it.
      if (task.isSettled) this.#tasks[task.id] = undefined
      if (task.isStarted) {
        const details = went === Went.failed ? { err: value } : {}
        this.#failures.log('debug', details, 'a closure has ended after its task had settled')
      }
    }
    return next
  }

  /** A task settles in another way than by the end of its closure. Before code of users may run, which its name is, it is over. */
  #rejectTask(task: Task<R>, reason: () => unknown): void {
    // They are in the numbers since the call that said so.
    const times = timesNow()
    this.#settle(task)
    const error = reason()
    if (task.promise === undefined) this.#report(error, this.#info(task, times))
    task.reject?.(error)
    task.context?.abort(error)
  }

  #settle(task: Task<R>): void {
    task.isSettled = true
    // It will not run: those who trace contexts are to know.
    if (task.asyncContext !== undefined) this.#takeContext(task)!.emitDestroy()
    if (task.signal !== undefined) this.#signals.delete(task.signal, task)
  }

  #takeContext(task: Task<R>): AsyncResource | undefined {
    const { asyncContext } = task
    task.asyncContext = undefined
    return asyncContext
  }

  /** A task fails with an error of its own. */
  #fail(task: Task<R>, error: unknown, info: TaskInfo | undefined): void {
    if (info !== undefined) {
      this.#report(error, info)
      // A failure that panicHandler has seen is never an unhandledRejection.
      if (task.promise !== undefined) markHandled(task.promise)
    }
    task.reject?.(error)
  }

  /** Tells panicHandler, which may submit again what has failed. */
  #report(error: unknown, info: TaskInfo): void {
    nested++
    try {
      this.#failures.report(error, info)
    } finally {
      nested--
    }
  }

  /** Whether a failure of the task is told to panicHandler or, without a promise, at least logged. */
  #isReported(task: Task<R>): boolean {
    return this.#settings.panicHandler !== undefined || task.promise === undefined
  }

  #info(task: Task<R>, times: ReturnType<typeof timesNow>): TaskInfo {
    const name = nameOf(task.closure)
    return { pool: this.#settings.name, ...(name !== undefined && { name }), priority: task.priority, ...times }
  }

  #abort(task: Task<R>, reason: unknown): void {
    // Whoever has listed tasks to abort may be late for one.
    if (task.isSettled) return
    if (task.promise === undefined) native.times(this.id, task.id, task.stamp)
    const cancelled = native.cancel(this.id, task.id, task.stamp)
    if (cancelled === Cancelled.late) return
    if (cancelled === Cancelled.waiting) this.#tasks[task.id] = undefined
    this.#letGoIfQuiet()
    this.#rejectTask(task, () => reason)
    if (hasCommands()) carryOut()
  }

  /**
   * Aborts tasks as a signal given to each of them would: those that wait are marked by their closure, those that run by their
   * context. For who has submitted many: a plain task takes no signal, and becomes a `Task` only when it is aborted.
   */
  abortAll(marks: ReadonlySet<unknown>, reason: unknown): void {
    if (marks.size === 0) return
    for (let id = 0; id < this.#tasks.length; id++) {
      const task = this.#tasks[id]
      if (typeof task === 'function') {
        if (marks.has(task)) this.#abort(this.#promoteWaiting(id, task), reason)
      } else if (task !== undefined && !task.isSettled && marks.has(task.isStarted ? task.context : task.closure)) {
        this.#abort(task, reason)
      }
    }
    for (const worker of this.#workers) {
      if (worker?.context === undefined || worker.task !== undefined || !marks.has(worker.context)) continue
      // While its closure is on the stack it has no promise yet, so there is nothing to reject.
      if (worker.resolve === undefined) worker.context.abort(reason)
      else this.#abort(this.#promoteRunning(worker, worker.resolve), reason)
    }
  }

  /** Makes a `Task` of a plain one that waits. */
  #promoteWaiting(id: number, closure: Closure<R>): Task<R> {
    const task = this.#promote(id, closure, this.#resolves[id]!)
    this.#resolves[id] = undefined
    return task
  }

  /** Makes a `Task` of a plain one that runs. */
  #promoteRunning(worker: Worker<R>, resolve: Resolve): Task<R> {
    const task = this.#promote(worker.plainId, noop, resolve)
    task.context = worker.context
    task.isStarted = true
    worker.task = task
    worker.resolve = undefined
    return task
  }

  #promote(id: number, closure: Closure<R>, resolve: Resolve): Task<R> {
    const promise = new Promise<unknown>(capture)
    const task = new Task<R>(closure, promise, 1, undefined, false, false)
    task.id = id
    // It waits or runs, so the number is still its own.
    task.stamp = native.stamp(this.id, id)
    task.resolve = resolveOf
    task.reject = rejectOf
    forgetCaptured()
    // The promise that was handed out follows the one that can be rejected.
    resolve(new Followed(promise))
    this.#keep(id, task)
    return task
  }

  // ── commands of the core ────────────────────────────────────────────────────────────────────────────────────────

  start(worker: number, task: number): void {
    const next = this.#startNext(this.#worker(worker), task)
    if (next !== Special.none) postpone(this, worker, next)
  }

  reject(id: number, rejection: Rejection, limit: number): void {
    this.#letGoIfQuiet()
    const task = this.#tasks[id]!
    if (typeof task === 'function') {
      const resolve = this.#resolves[id]!
      this.#tasks[id] = undefined
      this.#resolves[id] = undefined
      resolve(new Failed(this.#rejection(rejection, limit, task)))
      return
    }
    if (task.isEnded || !task.isStarted) this.#tasks[id] = undefined
    this.#rejectTask(task, () => this.#rejection(rejection, limit, task.closure))
  }

  #rejection(rejection: Rejection, limit: number, closure: Closure<R>): Error {
    return withoutFrames(() => this.#errorOf(rejection, limit, closure))
  }

  #errorOf(rejection: Rejection, limit: number, closure: Closure<R>): Error {
    const { name } = this.#settings
    if (rejection === Rejection.released)
      return new PoolClosedError(name, 'the pool was released while the task waited')
    const called = nameOf(closure)
    if (rejection === Rejection.waitTimeout) return new WaitTimeoutError(name, limit, called)
    return new TaskTimeoutError(name, limit, called)
  }

  boot(id: number): void {
    runInContextForGood(this.#asyncContext, this.#boot, id)
  }

  readonly #boot = (id: number): void => {
    const worker = this.#worker(id)
    const made = (resource: R): void => {
      worker.resource = resource
      this.#advance(worker, native.booted(this.id, id))
    }
    const failed = (error: unknown): void => this.#bootFailed(id, error)
    let resource: R | PromiseLike<R>
    try {
      resource = this.#settings.init!()
      if (isThenable(resource)) {
        follow(resource, made, failed)
        return
      }
    } catch (error) {
      failed(error)
      return
    }
    made(resource)
  }

  #bootFailed(worker: number, error: unknown): void {
    const id = native.boot_failed(this.id, worker)
    if (id === Special.none) {
      this.#failures.log('warn', { err: error }, 'init failed, and no task waited for it')
    } else {
      const task = this.#tasks[id]!
      const resolve = this.#resolves[id]
      this.#tasks[id] = undefined
      if (typeof task === 'function') {
        this.#resolves[id] = undefined
        resolve!(new Failed(error))
      } else {
        this.#rejectTask(task, () => error)
      }
    }
    if (hasCommands()) carryOut()
  }

  retire(id: number): void {
    runInContextForGood(this.#asyncContext, this.#retire, id)
  }

  readonly #retire = (id: number): void => {
    const worker = this.#worker(id)
    const resource = worker.resource as R
    worker.resource = undefined
    const disposal: Disposal = { isOverdue: false }
    this.#disposals.set(id, disposal)
    const disposed = (): void => {
      if (disposal.isOverdue) this.#failures.log('debug', { worker: id }, 'dispose has settled after its time was over')
      else this.#disposed(id)
    }
    const failed = (error: unknown): void => {
      if (disposal.isOverdue) {
        this.#failures.log('debug', { worker: id, err: error }, 'dispose has failed after its time was over')
        return
      }
      this.#failures.log('warn', { err: error }, 'dispose failed')
      this.#disposed(id)
    }
    let result: unknown
    try {
      result = this.#settings.dispose?.(resource)
      if (isThenable(result)) {
        follow(result, disposed, failed)
        return
      }
    } catch (error) {
      failed(error)
      return
    }
    disposed()
  }

  /** The core hears once that a worker is gone; from then on its number is another's. */
  #disposed(id: number): void {
    this.#disposals.delete(id)
    native.retired(this.id, id)
    if (hasCommands()) carryOut()
  }

  overdue(id: number): void {
    const disposal = this.#disposals.get(id)
    // It has settled in the very moment in which its time was over.
    if (disposal === undefined) return
    disposal.isOverdue = true
    const { disposeTimeout } = this.#settings
    const message = `dispose has not settled within ${disposeTimeout} ms; its worker counts no more`
    this.#failures.log('warn', { worker: id, disposeTimeout }, message)
    this.#disposed(id)
  }
}
