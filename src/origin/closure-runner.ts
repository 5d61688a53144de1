import { queueMicrotask, rejectedPromise, resolvedPromise, Promise } from '../base/intrinsics.js'
import { SLICE, inSlices } from '../base/slices.js'
import { Failed, follow, isThenable } from '../base/follow.js'
import { How, Special, Word } from '../native/abi.js'
import { native, words } from '../native/binding.js'
import { carryOut, hasCommands } from '../native/isolate.js'
import { letGo } from '../native/targets.js'
import type { PoolSettings } from '../options/options.js'
import { runInContext } from './async-context.js'
import { capture, captured, forgetCaptured } from './captured.js'
import type { Failures } from './failures.js'
import type { Ledger } from './ledger.js'
import { HeldLease, LEASE, type LeaseHolder } from './lease.js'
import { MOST_NESTED, nesting } from './nesting.js'
import { type Ends, Slot } from './slot.js'
import { type Closure, Context, type Task } from './task.js'
import { type TaskEnds, takeContext } from './task-ends.js'

/** How a call of a closure went; with what, is in `outcome`, read at once. */
const enum Went {
  completed,
  failed,
  pending,
}
let outcome: unknown

/**
 * Calls the closures of one pool in its slots, and reports their ends. Submit, start and end of a plain task are what
 * every task pays for: what few tasks need stands in functions of its own, so that V8 inlines the rest.
 */
export class ClosureRunner<R> implements Ends<R>, LeaseHolder<R> {
  /** How many closures of this pool are on the stack. */
  depth = 0
  /** Whether the pool's signal has aborted. */
  isAborted = false
  /** By worker number. */
  readonly slots: (Slot<R> | undefined)[] = []
  readonly #id: number
  readonly #settings: PoolSettings<R>
  readonly #failures: Failures
  readonly #ends: TaskEnds<R>
  readonly #ledger: Ledger<R>

  constructor(id: number, settings: PoolSettings<R>, failures: Failures, ends: TaskEnds<R>, ledger: Ledger<R>) {
    this.#id = id
    this.#settings = settings
    this.#failures = failures
    this.#ends = ends
    this.#ledger = ledger
  }

  /** The signals of all that run abort. What starts from now on finds `isAborted`. */
  abortRunning(reason: unknown): void {
    let done = 0
    inSlices(() => {
      const end = Math.min(done + SLICE, this.slots.length)
      for (; done < end; done++) this.slots[done]?.context?.abort(reason)
      return end === this.slots.length
    })
  }

  // ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────

  slot(id: number): Slot<R> {
    while (this.slots.length <= id) this.slots.push(undefined)
    return (this.slots[id] ??= new Slot<R>(id, this))
  }

  /** A plain task that has a worker at once: it runs inside `submit`, and gets a promise only if it needs one. */
  startPlain(slot: Slot<R>, closure: Closure<R>): Promise<unknown> {
    slot.plainId = words[Word.task]!
    const went = this.#call(slot, closure)
    const value = outcome
    outcome = undefined
    if (went === Went.pending) {
      const promise = new Promise<unknown>(capture)
      slot.resolve = captured.resolve
      forgetCaptured()
      this.#await(slot, value)
      return promise
    }
    this.advance(slot, this.#finish(slot, went, value))
    return went === Went.completed ? resolvedPromise(value) : rejectedPromise(value)
  }

  /** Starts one waiting task after the other on a worker, as long as they end at once: a loop, so that they use no stack. */
  advance(slot: Slot<R>, task: number): void {
    for (let next = task; next !== Special.none;) next = this.startNext(slot, next)
    if (hasCommands()) carryOut()
  }

  /** A task has its worker, and starts from a microtask. */
  advanceLater(worker: number, task: number): void {
    queueMicrotask(() => this.advance(this.slot(worker), task))
    if (hasCommands()) carryOut()
  }

  /** Starts a task that its worker has got while others were submitted. */
  startOn(worker: number, task: Task<R>): void {
    if (nesting.depth >= MOST_NESTED) {
      this.advanceLater(worker, task.id)
      return
    }
    const slot = this.slot(worker)
    this.advance(slot, this.startTask(slot, task, false))
  }

  /** Starts a task that waited. Gives the next one of the worker, if this one has ended already. */
  startNext(slot: Slot<R>, id: number): number {
    const task = this.#ledger.tasks[id]!
    if (typeof task !== 'function') return this.startTask(slot, task, false)

    const resolve = this.#ledger.dropPlain(id)
    slot.plainId = id
    const went = runInContext(undefined, this.#call, slot, task)
    const value = outcome
    outcome = undefined
    if (went === Went.pending) {
      slot.resolve = resolve
      this.#await(slot, value)
      return Special.none
    }
    const next = this.#finish(slot, went, value)
    resolve(went === Went.completed ? value : new Failed(value))
    return next
  }

  /** Starts a task that is not plain. Gives the next one of the worker, if this one has ended already. */
  startTask(slot: Slot<R>, task: Task<R>, isNow: boolean): number {
    slot.task = task
    this.#ends.heed(task)
    // Aborted while its start was under way: it never runs.
    if (task.isSettled) return this.#endTask(slot, task, Went.completed, undefined)
    task.isStarted = true
    if (task.closure === LEASE) return this.#grant(slot, task)
    if (task.hasTimeout || task.isNoted) native.begin(this.#id, task.id, task.stamp)
    const went = isNow
      ? this.#call(slot, task.closure)
      : runInContext(takeContext(task), this.#call, slot, task.closure)
    const value = outcome
    outcome = undefined
    if (went !== Went.pending) return this.#endTask(slot, task, went, value)
    this.#await(slot, value)
    if (task.hasTimeout) native.limit(this.#id, task.id, task.stamp)
    return Special.none
  }

  /**
   * A lease has its worker, so its promise fulfils, and nothing but the lease ends the task from here on. The pool
   * forgets the task, whose promise references the lease; and the task does not keep the process alive.
   */
  #grant(slot: Slot<R>, task: Task<R>): number {
    slot.task = undefined
    task.noteTimes(this.#id)
    this.#ledger.drop(task.id)
    this.#ends.settle(task)
    native.let_go(this.#id)
    task.succeed(new HeldLease(slot, this, this.#failures, task.site?.frames))
    return Special.none
  }

  endLease(slot: Slot<R>, how: How): void {
    // The core hears of the end of a task, which lets go of one.
    native.hold(this.#id)
    const next = native.finish(this.#id, slot.id, how)
    this.letGoIfQuiet()
    if (next === Special.none || nesting.depth < MOST_NESTED) this.advance(slot, next)
    else this.advanceLater(slot.id, next)
  }

  /** Calls a closure. A property, as it is handed to `runInContext`. */
  readonly #call = (slot: Slot<R>, closure: Closure<R>): Went => {
    const context = new Context(slot.resource as R, closure)
    // Its start may have been under way when the pool's signal aborted.
    if (this.isAborted) context.abort(this.#settings.signal?.reason)
    slot.context = context
    if (slot.task !== undefined) slot.task.context = context
    this.depth++
    nesting.depth++
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
      nesting.depth--
      this.depth--
    }
  }

  #await(slot: Slot<R>, promise: unknown): void {
    follow(promise as PromiseLike<unknown>, slot.onFulfilled, slot.onRejected)
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  fulfilled(slot: Slot<R>, value: unknown): void {
    this.#ended(slot, Went.completed, value)
  }

  rejected(slot: Slot<R>, error: unknown): void {
    this.#ended(slot, Went.failed, error)
  }

  /** The promise of a closure has settled. The core hears of it first, then the task's promise, then the next task. */
  #ended(slot: Slot<R>, went: Went, value: unknown): void {
    const { task, resolve } = slot
    if (task !== undefined) {
      this.advance(slot, this.#endTask(slot, task, went, value))
      return
    }
    slot.resolve = undefined
    const next = this.#finish(slot, went, value)
    // A plain task keeps no `reject`; that its promise follows what fails comes to the same.
    resolve!(went === Went.completed ? value : new Failed(value))
    this.advance(slot, next)
  }

  /** Reports the end of a closure to the core. Gives the next task of the worker. */
  #finish(slot: Slot<R>, went: Went, value: unknown): number {
    slot.context = undefined
    const how = went === Went.completed ? How.completed : this.howFailed(slot, value)
    const next = native.finish(this.#id, slot.id, how)
    this.letGoIfQuiet()
    return next
  }

  /**
   * Without a task and without resources there is nothing that the core may want of the pool. The pool is held for as
   * long as there is, and no longer, so that a pool which its own options reference can be collected.
   */
  letGoIfQuiet(): void {
    if (words[Word.quiet] === 1 && this.#settings.init === undefined) letGo(this.#id)
  }

  howFailed(slot: Slot<R>, error: unknown): How {
    const { isBroken } = this.#settings
    if (isBroken === undefined) return How.failed
    nesting.depth++
    try {
      return isBroken(error, slot.resource as R) ? How.failedAndBroken : How.failed
    } catch (thrown) {
      this.#failures.log('warn', { err: thrown }, 'isBroken threw; the resource is taken for broken')
      return How.failedAndBroken
    } finally {
      nesting.depth--
    }
  }

  /** The closure of a task that is not plain has ended. Gives the next task of the worker. */
  #endTask(slot: Slot<R>, task: Task<R>, went: Went, value: unknown): number {
    this.#ends.heed(task)
    slot.task = undefined
    task.context = undefined
    task.isEnded = true
    if (!task.isSettled) task.noteTimes(this.#id)
    const info = went === Went.failed ? this.#ends.infoOfFailure(this.#id, task) : undefined
    const next = this.#finish(slot, went, value)
    if (words[Word.settled] === 1) {
      this.#ledger.drop(task.id)
      this.#ends.settle(task)
      if (went === Went.completed) task.succeed(value)
      else this.#ends.fail(task, value, info)
    } else {
      // Otherwise its rejection is still on the way, and `reject` lets go of it.
      if (task.isSettled) this.#ledger.drop(task.id)
      if (task.isStarted) {
        const details = went === Went.failed ? { err: value } : {}
        this.#failures.log('debug', details, 'a closure has ended after its task had settled')
      }
    }
    return next
  }
}
