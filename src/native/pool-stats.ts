// What `stats()` gives. `npm run abi` writes it from `crate/abi` and the core.
import type { HistogramSummary } from '../base/histogram-summary.js'

/** One consistent snapshot of a pool. Unbounded counts are `Infinity`. */
export interface PoolStats {
  /** The name of the pool, as `pool.name`. */
  name: string
  /** The largest number of live workers. */
  capacity: number
  /** Live workers, busy and idle. */
  running: number
  /**
   * Workers that have a task, settled or not, that start, or that end: their resource is being disposed of, or their
   * thread is being ended.
   */
  busy: number
  /** running − busy. */
  idle: number
  /**
   * How many workers could take a task now, unless the pool is closed: capacity − busy, not below 0; 0 while the pool is
   * paused. When a thread could not be started although others work, or an `init` has failed, no worker is started for
   * a while; then it is no more than idle.
   */
  available: number
  /**
   * How many workers could be started: capacity − running, not below 0; during such a pause 0, and after an `init` that
   * failed 1 until another one succeeds.
   */
  free: number
  /** Accepted tasks that have no worker yet. */
  waiting: number
  /** Whether new tasks are refused. */
  isClosed: boolean
  /** Whether no task starts before `resume`. */
  isPaused: boolean
  /** How often the pool has been opened, from 1. */
  generation: number
  /**
   * Accepted tasks since the pool was created. It is always the sum of unsettled, completed, failed, timedOut, cancelled,
   * and of rejected.waitTimeout, released, displaced, shed and cleared.
   */
  submitted: number
  /**
   * Accepted tasks that had to wait for a worker, as none was free, or one had to start first: its thread, or its
   * resource.
   */
  waited: number
  /** Accepted tasks that have not settled, of any generation. */
  unsettled: number
  /** Tasks whose function gave a result. */
  completed: number
  /** Tasks whose function threw or rejected, whose `init` failed, or whose thread died or could not start. */
  failed: number
  /** Tasks that ran longer than their `timeout`. */
  timedOut: number
  /** Tasks whose `signal` aborted, that ran at `destroy`, or whose isolate ended. */
  cancelled: number
  /** The largest number of busy workers in this generation. */
  peakBusy: number
  /** The largest number of waiting tasks in this generation. */
  peakWaiting: number
  /** Calls that were refused, and accepted tasks that got no worker. */
  rejected: {
    /** Calls that were refused because the pool was full. */
    overload: number
    /** Calls that were refused because as many tasks had started as `rate` allows. */
    rate: number
    /** Calls that were refused because as many tasks of their key ran or waited as may. */
    key: number
    /** Calls that were refused because the pool was paused. */
    paused: number
    /** Calls that were refused because the pool was closed. */
    closed: number
    /** Accepted tasks that got no worker within their `waitTimeout`. */
    waitTimeout: number
    /** Accepted tasks that were waiting when the pool was released. */
    released: number
    /** Accepted tasks that gave way to others, as the queue was full. */
    displaced: number
    /** Accepted tasks that had waited for too long in a queue that did not empty. */
    shed: number
    /** Accepted tasks that were waiting when the queue was cleared. */
    cleared: number
  }
  /** What has become of workers. */
  workers: {
    /** Workers that were started, including the `reused` ones. */
    started: number
    /** Workers that were started in the record of a retired one. */
    reused: number
    /** Workers that retired. */
    retired: number
    /** Threads that died or were ended. */
    crashed: number
    /** reused / started: from 0 to 1; 0 if none was started. */
    reuseRate: number
  }
  /**
   * How long tasks have waited, from their acceptance until their function was called, in ms. Only if the pool has
   * the option `measure`, or has had it; of tasks that were accepted since then, and whose function has ended.
   */
  wait?: HistogramSummary
  /** How long the functions of these tasks have run, also after the task had settled, in ms. */
  run?: HistogramSummary
}

/** Where the core writes each number. */
export const enum Stat {
  capacity = 0,
  running = 1,
  busy = 2,
  idle = 3,
  available = 4,
  free = 5,
  waiting = 6,
  isClosed = 7,
  isPaused = 8,
  generation = 9,
  submitted = 10,
  waited = 11,
  unsettled = 12,
  completed = 13,
  failed = 14,
  timedOut = 15,
  cancelled = 16,
  peakBusy = 17,
  peakWaiting = 18,
  overload = 19,
  rate = 20,
  key = 21,
  paused = 22,
  closed = 23,
  waitTimeout = 24,
  released = 25,
  displaced = 26,
  shed = 27,
  cleared = 28,
  started = 29,
  reused = 30,
  retired = 31,
  crashed = 32,
}

/** How many there are. */
export const STATS = 33

/** What the core has written, as `stats()` gives it. */
export const statsOf = (name: string, numbers: ArrayLike<number>): PoolStats => ({
  name,
  capacity: numbers[Stat.capacity]!,
  running: numbers[Stat.running]!,
  busy: numbers[Stat.busy]!,
  idle: numbers[Stat.idle]!,
  available: numbers[Stat.available]!,
  free: numbers[Stat.free]!,
  waiting: numbers[Stat.waiting]!,
  isClosed: numbers[Stat.isClosed] === 1,
  isPaused: numbers[Stat.isPaused] === 1,
  generation: numbers[Stat.generation]!,
  submitted: numbers[Stat.submitted]!,
  waited: numbers[Stat.waited]!,
  unsettled: numbers[Stat.unsettled]!,
  completed: numbers[Stat.completed]!,
  failed: numbers[Stat.failed]!,
  timedOut: numbers[Stat.timedOut]!,
  cancelled: numbers[Stat.cancelled]!,
  peakBusy: numbers[Stat.peakBusy]!,
  peakWaiting: numbers[Stat.peakWaiting]!,
  rejected: {
    overload: numbers[Stat.overload]!,
    rate: numbers[Stat.rate]!,
    key: numbers[Stat.key]!,
    paused: numbers[Stat.paused]!,
    closed: numbers[Stat.closed]!,
    waitTimeout: numbers[Stat.waitTimeout]!,
    released: numbers[Stat.released]!,
    displaced: numbers[Stat.displaced]!,
    shed: numbers[Stat.shed]!,
    cleared: numbers[Stat.cleared]!,
  },
  workers: {
    started: numbers[Stat.started]!,
    reused: numbers[Stat.reused]!,
    retired: numbers[Stat.retired]!,
    crashed: numbers[Stat.crashed]!,
    reuseRate: numbers[Stat.reused]! / (numbers[Stat.started]! || 1),
  },
})
