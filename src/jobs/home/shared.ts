/**
 * What a process has once for each store, however many queues it opens there: connections, the thread of a database.
 */
import { Promise } from '../../base/intrinsics.js'

interface Entry<T> {
  users: number
  readonly opened: Promise<T>
  /** Set while the last user closes it. Who opens it meanwhile waits for that. */
  closing?: Promise<void>
}

export class Shared<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #close: (value: T) => Promise<void>

  constructor(close: (value: T) => Promise<void>) {
    this.#close = close
  }

  /** Gives what is open for `key`, or opens it. Whoever gets it calls `release` once. */
  async acquire(key: string, open: () => Promise<T>): Promise<{ value: T; release: () => Promise<void> }> {
    let entry = this.#entries.get(key)
    while (entry?.closing !== undefined) {
      await entry.closing.catch(() => {})
      entry = this.#entries.get(key)
    }
    if (entry === undefined) this.#entries.set(key, (entry = { users: 0, opened: open() }))
    const own = entry
    own.users++
    let released: Promise<void> | undefined
    const release = (): Promise<void> => (released ??= this.#release(key, own))
    try {
      return { value: await own.opened, release }
    } catch (error) {
      if (this.#entries.get(key) === own) this.#entries.delete(key)
      throw error
    }
  }

  #release(key: string, entry: Entry<T>): Promise<void> {
    if (--entry.users > 0) return Promise.resolve()
    entry.closing = entry.opened
      .then((value) => this.#close(value))
      .finally(() => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
      })
    return entry.closing
  }
}
