import type { Task } from './task.js'

/**
 * The tasks of one pool that a signal can abort, with one listener per signal however many tasks share it: a listener
 * per task on a shared signal leaks and warns.
 */
export class Signals<R> {
  readonly #groups = new Map<AbortSignal, { tasks: Set<Task<R>>; listener: () => void }>()
  readonly #abort: (task: Task<R>, reason: unknown) => void

  constructor(abort: (task: Task<R>, reason: unknown) => void) {
    this.#abort = abort
  }

  add(signal: AbortSignal, task: Task<R>): void {
    let group = this.#groups.get(signal)
    if (group === undefined) {
      const tasks = new Set<Task<R>>()
      const listener = () => {
        this.#groups.delete(signal)
        for (const each of tasks) this.#abort(each, signal.reason)
      }
      group = { tasks, listener }
      this.#groups.set(signal, group)
      signal.addEventListener('abort', listener, { once: true })
    }
    group.tasks.add(task)
  }

  delete(signal: AbortSignal, task: Task<R>): void {
    const group = this.#groups.get(signal)
    if (group === undefined) return
    group.tasks.delete(task)
    if (group.tasks.size === 0) {
      this.#groups.delete(signal)
      signal.removeEventListener('abort', group.listener)
    }
  }
}
