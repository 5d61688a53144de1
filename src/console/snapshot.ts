/** What the page shows of pools, as it goes over the wire. */
import { monotonicNow } from '../base/intrinsics.js'
import type { PoolStats } from '../native/pool-stats.js'
import type { Histogram } from '../observe/histogram.js'
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
  /** How long tasks have waited in the last 10 to 20 s, in ms; absent without the option `measure`. */
  readonly wait?: ConsoleTimes
  /** How long they have run, likewise. */
  readonly run?: ConsoleTimes
}

/** Times of tasks, in ms. */
export interface ConsoleTimes {
  readonly count: number
  readonly p50: number
  readonly p99: number
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

/** How old the begin of a window of time becomes, in ms, before another one takes its place. */
const WINDOW_MS = 10_000

interface Begin {
  readonly at: number
  readonly histogram: Histogram
}

/** The last times of a pool. */
class Window {
  #older: Begin | undefined
  #newer: Begin | undefined

  /** Those since the older begin, which is 10 to 20 s ago if somebody has looked for so long. */
  times(histogram: Histogram): ConsoleTimes {
    const at = monotonicNow()
    // Nobody has looked for a while.
    if (this.#newer === undefined || at - this.#newer.at > 2 * WINDOW_MS) this.#older = this.#newer = { at, histogram }
    this.#older ??= this.#newer
    if (at - this.#newer.at >= WINDOW_MS) {
      this.#older = this.#newer
      this.#newer = { at, histogram }
    }
    const { count, p50, p99 } = histogram.minus(this.#older.histogram)
    return { count, p50, p99 }
  }
}

const windows = new WeakMap<AnyPool, Readonly<Record<'wait' | 'run', Window>>>()

function timesOf(pool: AnyPool, stats: PoolStats): Partial<Record<'wait' | 'run', ConsoleTimes>> {
  if (stats.run === undefined) return {}
  let of = windows.get(pool)
  if (of === undefined) windows.set(pool, (of = { wait: new Window(), run: new Window() }))
  return { wait: of.wait.times(pool.histogram('wait')), run: of.run.times(pool.histogram('run')) }
}

export function detailsOf(pool: AnyPool): ConsoleDetails {
  const { stats, workers, waiting } = pool.inspect()
  const threads = workers.filter(({ threadId }) => threadId !== undefined)
  const longest = workers
    .flatMap(({ tasks }) => tasks)
    .sort((one, other) => (other.runMs ?? 0) - (one.runMs ?? 0))
    .slice(0, MOST_TASKS)
  return {
    threads: threads.slice(0, MOST_THREADS),
    longest,
    next: waiting.slice(0, MOST_TASKS),
    ...timesOf(pool, stats),
  }
}
