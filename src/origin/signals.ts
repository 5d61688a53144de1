import { partsOf } from '../base/joined-signals.js'
import { heed, isAnyAborting } from '../base/relay.js'
import { SLICE, inSlices } from '../base/slices.js'
import { throwLater } from '../base/uncaught.js'

/** What a signal can abort. */
interface Group<T> {
  readonly members: Set<T>
  readonly listener: () => void
}

/**
 * What a pool does that a signal can abort. A signal has one listener, however many tasks share it. Signals are relays
 * here, or joined from relays; a member is then one of each. Very many members are aborted in slices: whoever goes on with a member has it `heed` the signal first.
 */
export class Signals<T> {
  readonly #groups = new Map<AbortSignal, Group<T>>()
  /** Those that have aborted, and whose members have not all been. */
  readonly #aborting = new Set<AbortSignal>()
  readonly #abort: (member: T, reason: unknown) => void

  constructor(abort: (member: T, reason: unknown) => void) {
    this.#abort = abort
  }

  add(signal: AbortSignal, member: T): void {
    const parts = partsOf(signal)
    if (parts === undefined) {
      this.#addTo(signal, member)
      return
    }
    try {
      for (const part of parts) this.#addTo(part, member)
    } catch (error) {
      this.delete(signal, member)
      throw error
    }
  }

  #addTo(signal: AbortSignal, member: T): void {
    let group = this.#groups.get(signal)
    if (group === undefined) {
      const members = new Set<T>()
      const listener = (): void => {
        this.#aborting.add(signal)
        // One for all slices: a new one would pass everything that has been deleted.
        const left = members.values()
        inSlices(() => this.#abortSome(signal, left))
      }
      // First, as it may throw.
      signal.addEventListener('abort', listener)
      group = { members, listener }
      this.#groups.set(signal, group)
    }
    group.members.add(member)
  }

  /** Returns whether no member is left. */
  #abortSome(signal: AbortSignal, left: Iterator<T>): boolean {
    for (let count = 0; count < SLICE; count++) {
      // An abort runs code of users, and may settle other members. A member that has settled leaves the group, and is
      // not aborted.
      const { done, value } = left.next()
      if (done) {
        this.#groups.delete(signal)
        this.#aborting.delete(signal)
        return true
      }
      this.#abortOne(signal, value)
    }
    return false
  }

  #abortOne(signal: AbortSignal, member: T): void {
    this.#groups.get(signal)?.members.delete(member)
    try {
      this.#abort(member, signal.reason)
    } catch (error) {
      throwLater(error)
    }
  }

  /** Aborts the member at once, if its signal has aborted and its turn has not come: it is one of very many. */
  heed(signal: AbortSignal, member: T): void {
    if (!isAnyAborting() && this.#aborting.size === 0) return
    for (const part of partsOf(signal) ?? [signal]) this.#heedOne(part, member)
  }

  #heedOne(signal: AbortSignal, member: T): void {
    if (isAnyAborting()) {
      const group = this.#groups.get(signal)
      if (group !== undefined) heed(signal, group.listener)
    }
    if (this.#aborting.has(signal) && this.#groups.get(signal)?.members.has(member)) this.#abortOne(signal, member)
  }

  delete(signal: AbortSignal, member: T): void {
    const parts = partsOf(signal)
    if (parts === undefined) this.#deleteFrom(signal, member)
    else for (const part of parts) this.#deleteFrom(part, member)
  }

  #deleteFrom(signal: AbortSignal, member: T): void {
    const group = this.#groups.get(signal)
    if (group === undefined) return
    group.members.delete(member)
    if (group.members.size > 0) return
    this.#groups.delete(signal)
    this.#aborting.delete(signal)
    signal.removeEventListener('abort', group.listener)
  }
}
