import { Followed } from '../base/follow.js'
import { Promise } from '../base/intrinsics.js'
import { SLICE, inSlices } from '../base/slices.js'
import { throwLater } from '../base/uncaught.js'
import { native } from '../native/binding.js'
import { capture, captured, forgetCaptured } from './captured.js'
import { LEASE } from './lease.js'
import type { OwnTask } from '../observe/seen.js'
import type { Slot } from './slot.js'
import { type Closure, Context, type Resolve, Task, nameOf } from './task.js'

const noop = (): void => {}

/** So many looks at tasks that are not marked take as long as one abort. */
const LOOKS = 16

/**
 * The tasks of a pool of closures, under the numbers by which the core knows them.
 *
 * A *plain* task (no options, no `panicHandler`, nothing to carry) is a closure and a `resolve` while it waits, and
 * what its slot has while it runs. Any other one is a `Task`, kept until its closure has ended and its promise has
 * settled.
 */
export class Ledger<R> {
  /** By task number. */
  readonly tasks: (Closure<R> | Task<R> | undefined)[] = []
  /** By task number, of plain tasks that wait. */
  readonly resolves: (Resolve | undefined)[] = []

  keep(id: number, task: Closure<R> | Task<R>): void {
    // Without holes, so that it stays an array and does not become a dictionary.
    while (this.tasks.length <= id) this.tasks.push(undefined)
    this.tasks[id] = task
  }

  keepPlain(id: number, closure: Closure<R>, resolve: Resolve): void {
    this.keep(id, closure)
    while (this.resolves.length <= id) this.resolves.push(undefined)
    this.resolves[id] = resolve
  }

  /** A task starts, or has settled: its number is free. */
  drop(id: number): void {
    this.tasks[id] = undefined
  }

  /** The same for a plain task that has waited. Gives its `resolve`. */
  dropPlain(id: number): Resolve {
    const resolve = this.resolves[id]!
    this.tasks[id] = undefined
    this.resolves[id] = undefined
    return resolve
  }

  /** What is known of a task that waits, or runs in this context. */
  ownTask(id: number, context: Context<R> | undefined): OwnTask {
    const kept = this.tasks[id]
    if (typeof kept === 'function') return { name: nameOf(kept) }
    const running = kept?.context ?? context
    // Of what runs only a lease has no context.
    const closure = running === undefined ? (kept?.closure ?? LEASE) : Context.closureOf(running)
    return { name: nameOf(closure), key: kept?.key, site: kept?.site }
  }

  // ── plain tasks that become others ──────────────────────────────────────────────────────────────────────────────

  /**
   * Aborts tasks as a signal given to each of them would: those that wait are marked by their closure, those that run
   * by their context. A plain task takes no signal, and becomes a `Task` only now. Very many are looked at in slices,
   * so a task whose turn has not come may start or end: whoever marks tasks sees to it that a closure does nothing then.
   */
  abortMarked(
    handle: number,
    marks: ReadonlySet<unknown>,
    slots: readonly (Slot<R> | undefined)[],
    reason: unknown,
    abort: (task: Task<R>, reason: unknown) => void,
  ): void {
    if (marks.size === 0) return
    // What comes later is not marked.
    const [tasks, workers] = [this.tasks.length, slots.length]
    let done = 0
    const abortOne = (at: number): boolean => {
      if (at >= tasks) return this.#abortIn(handle, slots[at - tasks], marks, reason, abort)
      const task = this.#marked(handle, at, marks)
      if (task === undefined) return false
      abort(task, reason)
      return true
    }
    inSlices(() => {
      for (let looks = SLICE * LOOKS; looks > 0 && done < tasks + workers; looks--, done++) {
        try {
          if (abortOne(done)) looks -= LOOKS
        } catch (error) {
          throwLater(error)
        }
      }
      return done === tasks + workers
    })
  }

  /** Aborts all tasks that run, as a signal given to each of them would. Leases are left to their holders. */
  abortRunning(
    handle: number,
    slots: readonly (Slot<R> | undefined)[],
    reason: unknown,
    abort: (task: Task<R>, reason: unknown) => void,
  ): void {
    const workers = slots.length
    let done = 0
    inSlices(() => {
      for (const end = Math.min(done + SLICE, workers); done < end; done++) {
        const slot = slots[done]
        try {
          if (slot?.task !== undefined) abort(slot.task, reason)
          else if (slot?.context !== undefined) this.#abortPlain(handle, slot, slot.context, reason, abort)
        } catch (error) {
          throwLater(error)
        }
      }
      return done === workers
    })
  }

  /** The task of this number, if it is marked and has not settled, and is not a plain one that runs. */
  #marked(handle: number, id: number, marks: ReadonlySet<unknown>): Task<R> | undefined {
    const task = this.tasks[id]
    if (typeof task === 'function') {
      return marks.has(task) ? this.#promote(handle, id, task, this.dropPlain(id)) : undefined
    }
    if (task === undefined || task.isSettled) return undefined
    return marks.has(task.isStarted ? task.context : task.closure) ? task : undefined
  }

  /** Aborts the plain task that runs in this slot, if it is marked. Returns whether it is. */
  #abortIn(
    handle: number,
    slot: Slot<R> | undefined,
    marks: ReadonlySet<unknown>,
    reason: unknown,
    abort: (task: Task<R>, reason: unknown) => void,
  ): boolean {
    if (slot?.context === undefined || slot.task !== undefined || !marks.has(slot.context)) return false
    this.#abortPlain(handle, slot, slot.context, reason, abort)
    return true
  }

  /** Aborts the plain task that runs in this slot. */
  #abortPlain(
    handle: number,
    slot: Slot<R>,
    context: Context<R>,
    reason: unknown,
    abort: (task: Task<R>, reason: unknown) => void,
  ): void {
    // While its closure is on the stack it has no promise yet, so there is nothing to reject.
    if (slot.resolve === undefined) context.abort(reason)
    else abort(this.#promoteRunning(handle, slot, slot.resolve), reason)
  }

  #promoteRunning(handle: number, slot: Slot<R>, resolve: Resolve): Task<R> {
    const task = this.#promote(handle, slot.plainId, noop, resolve)
    task.context = slot.context
    task.isStarted = true
    slot.task = task
    slot.resolve = undefined
    return task
  }

  /** Makes a `Task` of a plain one. */
  #promote(handle: number, id: number, closure: Closure<R>, resolve: Resolve): Task<R> {
    const promise = new Promise<unknown>(capture)
    const task = new Task<R>(closure, promise, 1, undefined, false, false)
    task.id = id
    // It waits or runs, so the number is still its own.
    task.stamp = native.stamp(handle, id)
    task.resolve = captured.resolve
    task.reject = captured.reject
    forgetCaptured()
    // The promise that was handed out follows the one that can be rejected.
    resolve(new Followed(promise))
    this.keep(id, task)
    return task
  }
}
