/** What a handle tells of its pool on the channels of `diagnostics_channel`. */
import { Stat } from '../native/pool-stats.js'
import { readStat } from '../native/stats.js'
import { isHeard, tell } from '../observe/channels.js'
import type { Change, LiveOptions } from '../options/live-options.js'

export class PoolTelling {
  readonly #id: number
  readonly #of: { readonly pool: string; readonly kind: 'closures' | 'threads' | 'native' }
  /** The last generation of which it was told that it is closed. */
  #closed = 0

  /** The pool, or a handle of a shared one, is there. */
  constructor(id: number, pool: string, kind: 'closures' | 'threads' | 'native', isShared: boolean) {
    this.#id = id
    this.#of = { pool, kind }
    tell('workpool:pool:created', () => ({ ...this.#of, capacity: this.#capacity(), isShared }))
  }

  #capacity(): number {
    return readStat(this.#id, Stat.capacity)
  }

  tuned(change: Change, why: string | undefined): void {
    tell('workpool:pool:tuned', () => {
      const given = Object.entries({ ...change, size: change.size === 0 ? Infinity : change.size })
      const told = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as LiveOptions
      return { ...this.#of, capacity: this.#capacity(), change: told, ...(why !== undefined && { why }) }
    })
  }

  /** The pool has been closed, by whatever verb; `null`: it has not. Each generation is told of once. */
  closed(closed?: number | null): void {
    if (closed === null || !isHeard('workpool:pool:closed')) return
    const generation = closed ?? readStat(this.#id, Stat.generation)
    if (generation !== this.#closed) tell('workpool:pool:closed', () => ({ ...this.#of, generation }))
    this.#closed = generation
  }
}
