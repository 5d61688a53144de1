import { queueMicrotask } from '../base/intrinsics.js'

/**
 * What a pool does that a signal can abort. A signal has one listener, however many tasks share it. Signals are relays
 * here.
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
        // An abort runs code of users, and may settle other members. A member that has settled leaves the group, and is
        // not aborted.
        for (const each of members) {
          members.delete(each)
          try {
            this.#abort(each, signal.reason)
          } catch (error) {
            // This is what happens if an ordinary listener throws: the others are aborted all the same.
            queueMicrotask(() => {
              throw error
            })
          }
        }
        this.#groups.delete(signal)
      }
      // First, as it may throw.
      signal.addEventListener('abort', listener)
      group = { members, listener }
      this.#groups.set(signal, group)
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
