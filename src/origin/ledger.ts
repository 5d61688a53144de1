import { Followed } from '../base/follow.js'
import { Promise } from '../base/intrinsics.js'
import { native } from '../native/binding.js'
import { capture, forgetCaptured, rejectOf, resolveOf } from './captured.js'
import type { Slot } from './slot.js'
import { type Closure, type Resolve, Task } from './task.js'

const noop = (): void => {}

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

  // ── plain tasks that become others ──────────────────────────────────────────────────────────────────────────────

  /**
   * Aborts tasks as a signal given to each of them would: those that wait are marked by their closure, those that run
   * by their context. A plain task takes no signal, and becomes a `Task` only now.
   */
  abortMarked(
    handle: number,
    marks: ReadonlySet<unknown>,
    slots: readonly (Slot<R> | undefined)[],
    reason: unknown,
    abort: (task: Task<R>, reason: unknown) => void,
  ): void {
    if (marks.size === 0) return
    for (let id = 0; id < this.tasks.length; id++) {
      const task = this.tasks[id]
      if (typeof task === 'function') {
        if (marks.has(task)) abort(this.#promote(handle, id, task, this.dropPlain(id)), reason)
      } else if (task !== undefined && !task.isSettled && marks.has(task.isStarted ? task.context : task.closure)) {
        abort(task, reason)
      }
    }
    for (const slot of slots) {
      if (slot?.context === undefined || slot.task !== undefined || !marks.has(slot.context)) continue
      // While its closure is on the stack it has no promise yet, so there is nothing to reject.
      if (slot.resolve === undefined) slot.context.abort(reason)
      else abort(this.#promoteRunning(handle, slot, slot.resolve), reason)
    }
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
    task.resolve = resolveOf
    task.reject = rejectOf
    forgetCaptured()
    // The promise that was handed out follows the one that can be rejected.
    resolve(new Followed(promise))
    this.keep(id, task)
    return task
  }
}
