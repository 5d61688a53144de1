/** What the page shows of pools, as it goes over the wire. */
import type { PoolStats } from '../native/pool-stats.js'
import type { InspectedTask, InspectedWorker } from '../observe/seen.js'
import type { AnyPool, PoolKind } from '../pool/any-pool.js'

/** A pool in a row of the page. */
export interface ConsolePool {
  /** Of the pool in this process, from 1. */
  readonly id: number
  readonly kind: PoolKind
  readonly stats: PoolStats
}

/** What the page shows of a pool that somebody has opened. */
export interface ConsoleDetails {
  /** The threads that the pool has. */
  readonly threads: readonly InspectedWorker[]
  /** The tasks that run, those first that have been running longest. At most ten. */
  readonly longest: readonly InspectedTask[]
  /** The tasks that start next, in their order. At most ten. */
  readonly next: readonly InspectedTask[]
}

/** What the page is told once a second. */
export interface ConsoleSnapshot {
  /** As `Date.now()`. */
  readonly at: number
  readonly pools: readonly ConsolePool[]
  /** Of the pools that this viewer has opened, by their ids. */
  readonly details: Readonly<Record<string, ConsoleDetails>>
}

/** Of so many running and so many waiting tasks, and of so many threads, the page tells. */
const MOST_TASKS = 10
const MOST_THREADS = 200

const ids = new WeakMap<AnyPool, number>()
let lastId = 0

export function idOf(pool: AnyPool): number {
  const known = ids.get(pool)
  if (known !== undefined) return known
  ids.set(pool, ++lastId)
  return lastId
}

export const rowOf = (pool: AnyPool): ConsolePool => ({ id: idOf(pool), kind: pool.kind, stats: pool.stats() })

export function detailsOf(pool: AnyPool): ConsoleDetails {
  const { workers, waiting } = pool.inspect()
  const threads = workers.filter(({ threadId }) => threadId !== undefined)
  const longest = workers
    .flatMap(({ tasks }) => tasks)
    .sort((one, other) => (other.runMs ?? 0) - (one.runMs ?? 0))
    .slice(0, MOST_TASKS)
  return { threads: threads.slice(0, MOST_THREADS), longest, next: waiting.slice(0, MOST_TASKS) }
}
