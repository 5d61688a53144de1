// What `stats()` gives. `npm run abi` writes it from `crate/abi` and the core.

/** One consistent snapshot of a pool. Unbounded counts are `Infinity`. */
export interface PoolStats {
  /** Most live workers. */
  capacity: number
  /** Live workers, busy and idle. */
  running: number
  /**
   * Workers with a task, settled or not; booting ones; and those that are being disposed of, or whose thread is being
   * ended.
   */
  busy: number
  /** running − busy. */
  idle: number
  /**
   * capacity − busy, not below 0: workers that could take a task now, unless the pool is closed. In the pause after a
   * thread that could not be started beside others: no more than are idle.
   */
  available: number
  /** capacity − running, not below 0: workers that could be started; 0 in that pause. */
  free: number
  /** Accepted tasks that have no worker yet. */
  waiting: number
  /** Whether new tasks are refused. */
  isClosed: boolean
  /** The lifetime between (re)open and release that the pool is in, from 1. */
  generation: number
  /**
   * Accepted tasks, from the creation of the pool on. Always unsettled + completed + failed + timedOut + cancelled +
   * rejected.waitTimeout + rejected.released.
   */
  submitted: number
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
  /** Most busy workers at once, in this generation. */
  peakBusy: number
  /** Most waiting tasks at once, in this generation. */
  peakWaiting: number
  /** Calls that were refused, and accepted tasks that got no worker. */
  rejected: {
    /** Calls that were refused, as the pool was full. */
    overload: number
    /** Calls that were refused, as the pool was closed. */
    closed: number
    /** Accepted tasks that got no worker within their `waitTimeout`. */
    waitTimeout: number
    /** Accepted tasks that waited when the pool was released. */
    released: number
  }
  /** What has become of workers. */
  workers: {
    /** Workers that were started, `reused` ones included. */
    started: number
    /** Workers whose record came from the worker cache. */
    reused: number
    /** Workers that retired. */
    retired: number
    /** Threads that died or were ended. */
    crashed: number
  }
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
  generation = 8,
  submitted = 9,
  unsettled = 10,
  completed = 11,
  failed = 12,
  timedOut = 13,
  cancelled = 14,
  peakBusy = 15,
  peakWaiting = 16,
  overload = 17,
  closed = 18,
  waitTimeout = 19,
  released = 20,
  started = 21,
  reused = 22,
  retired = 23,
  crashed = 24,
}

/** How many there are. */
export const STATS = 25

/** What the core has written, as `stats()` gives it. */
export const statsOf = (numbers: ArrayLike<number>): PoolStats => ({
  capacity: numbers[Stat.capacity]!,
  running: numbers[Stat.running]!,
  busy: numbers[Stat.busy]!,
  idle: numbers[Stat.idle]!,
  available: numbers[Stat.available]!,
  free: numbers[Stat.free]!,
  waiting: numbers[Stat.waiting]!,
  isClosed: numbers[Stat.isClosed] === 1,
  generation: numbers[Stat.generation]!,
  submitted: numbers[Stat.submitted]!,
  unsettled: numbers[Stat.unsettled]!,
  completed: numbers[Stat.completed]!,
  failed: numbers[Stat.failed]!,
  timedOut: numbers[Stat.timedOut]!,
  cancelled: numbers[Stat.cancelled]!,
  peakBusy: numbers[Stat.peakBusy]!,
  peakWaiting: numbers[Stat.peakWaiting]!,
  rejected: {
    overload: numbers[Stat.overload]!,
    closed: numbers[Stat.closed]!,
    waitTimeout: numbers[Stat.waitTimeout]!,
    released: numbers[Stat.released]!,
  },
  workers: {
    started: numbers[Stat.started]!,
    reused: numbers[Stat.reused]!,
    retired: numbers[Stat.retired]!,
    crashed: numbers[Stat.crashed]!,
  },
})
