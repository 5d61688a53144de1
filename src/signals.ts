/**
 * What one pool does that a signal can abort, with one listener per signal however many tasks share it: a listener per
 * task on a shared signal leaks and warns.
 */
export class Signals<T> {
  readonly #groups = new Map<AbortSignal, { members: Set<T>; listener: () => void }>()
  readonly #abort: (member: T, reason: unknown) => void

  constructor(abort: (member: T, reason: unknown) => void) {
    this.#abort = abort
  }

  add(signal: AbortSignal, member: T): void {
    let group = this.#groups.get(signal)
    if (group === undefined) {
      const members = new Set<T>()
      const listener = () => {
        this.#groups.delete(signal)
        for (const each of members) this.#abort(each, signal.reason)
      }
      group = { members, listener }
      this.#groups.set(signal, group)
      signal.addEventListener('abort', listener, { once: true })
    }
    group.members.add(member)
  }

  delete(signal: AbortSignal, member: T): void {
    const group = this.#groups.get(signal)
    if (group === undefined) return
    group.members.delete(member)
    if (group.members.size === 0) {
      this.#groups.delete(signal)
      signal.removeEventListener('abort', group.listener)
    }
  }
}
