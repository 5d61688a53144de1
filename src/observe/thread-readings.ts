/** How the threads of pools are, by pool and thread. */
import { Map, Set } from '../base/intrinsics.js'
import type { Enlisted } from '../base/registry.js'
import type { Seen } from './seen.js'

const BYTES_OF_MIB = 2 ** 20

/** As far as a pool is read here. */
interface Readable {
  inspect(): Pick<Seen, 'workers'>
}

export interface ThreadReading {
  readonly pool: string
  /** Among the threads of all pools of that name: the lowest number that none of them has. */
  readonly thread: number
  /** From 0 to 1, since somebody has looked before. */
  readonly utilization: number | undefined
  readonly heapBytes: number | undefined
}

/**
 * Gives threads their numbers: low ones that are used again, as each number that was ever told is a series of its own for
 * Prometheus. A thread keeps its number.
 */
export class ThreadReadings {
  /** By the name of pools: for each number the thread that has it, by Node's number of that. */
  readonly #numbered = new Map<string, (number | undefined)[]>()

  read(pools: readonly Enlisted[]): ThreadReading[] {
    const readings: (Omit<ThreadReading, 'thread'> & { readonly threadId: number })[] = []
    for (const { pool, counted } of pools) {
      if (counted.kind !== 'threads') continue
      for (const { threadId, utilization, heapMb } of (pool as Readable).inspect().workers) {
        // Only the isolate that has the threads knows how they are.
        if (threadId === undefined || (utilization === undefined && heapMb === undefined)) continue
        const heapBytes = heapMb === undefined ? undefined : heapMb * BYTES_OF_MIB
        readings.push({ pool: counted.name, threadId, utilization, heapBytes })
      }
    }
    this.#drop(new Set(readings.map(({ threadId }) => threadId)))
    return readings.map(({ threadId, ...reading }) => ({ ...reading, thread: this.#numberOf(reading.pool, threadId) }))
  }

  /** The numbers of threads that are gone are free again. */
  #drop(living: ReadonlySet<number>): void {
    for (const [pool, numbered] of this.#numbered) {
      const left = numbered.map((threadId) => (threadId !== undefined && living.has(threadId) ? threadId : undefined))
      if (left.some((threadId) => threadId !== undefined)) this.#numbered.set(pool, left)
      else this.#numbered.delete(pool)
    }
  }

  #numberOf(pool: string, threadId: number): number {
    let numbered = this.#numbered.get(pool)
    if (numbered === undefined) this.#numbered.set(pool, (numbered = []))
    const known = numbered.indexOf(threadId)
    if (known >= 0) return known
    const free = numbered.indexOf(undefined)
    const number = free >= 0 ? free : numbered.length
    numbered[number] = threadId
    return number
  }
}
