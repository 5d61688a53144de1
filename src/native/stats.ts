import { native, numbers } from './binding.js'

/** One consistent snapshot of a pool. Unbounded counts are `Infinity`. */
export interface PoolStats {
  /** Most live workers. */
  capacity: number
  /** Live workers, busy and idle. */
  running: number
  /** Workers with a task, settled or not; booting ones; and those that are being disposed of, or whose thread is being ended. */
  busy: number
  /** running − busy. */
  idle: number
  /**
   * capacity − busy, not below 0: workers that could take a task now, unless the pool is closed. In the pause after a thread that could not
   * be started beside others: no more than are idle.
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
  /**
   * Calls that were refused, as the pool was full (`overload`) or `closed`; accepted tasks that got no worker within their
   * `waitTimeout`, or waited when the pool was `released`.
   */
  rejected: { overload: number; closed: number; waitTimeout: number; released: number }
  /** Most busy workers at once, in this generation. */
  peakBusy: number
  /** Most waiting tasks at once, in this generation. */
  peakWaiting: number
  /** `started` includes `reused`: workers whose record came from the worker cache. `crashed` are threads that died or were ended. */
  workers: { started: number; reused: number; retired: number; crashed: number }
}

/** Where the core writes each number. */
export const enum Stat {
  capacity,
  running,
  busy,
  idle,
  available,
  free,
  waiting,
  isClosed,
  generation,
  submitted,
  unsettled,
  completed,
  failed,
  timedOut,
  cancelled,
  overload,
  closed,
  waitTimeout,
  released,
  peakBusy,
  peakWaiting,
  started,
  reused,
  retired,
  crashed,
}

const at = (stat: Stat): number => numbers[stat]!

/** One number of the pool, now. */
export function readStat(face: number, stat: Stat): number {
  native.snapshot(face)
  return at(stat)
}

/** busy + `weight` × waiting; `Infinity` if the pool is closed, as it takes nothing. */
export function readLoad(face: number, weight: number): number {
  native.snapshot(face)
  return at(Stat.isClosed) === 1 ? Infinity : at(Stat.busy) + weight * at(Stat.waiting)
}

/** Whether a task could start in the pool now, also beside others on a thread. What admission goes by, asked of it. */
export function readIsVacant(face: number): boolean {
  return native.has_room(face) === 1
}

export function readStats(face: number): PoolStats {
  native.snapshot(face)
  return {
    capacity: at(Stat.capacity),
    running: at(Stat.running),
    busy: at(Stat.busy),
    idle: at(Stat.idle),
    available: at(Stat.available),
    free: at(Stat.free),
    waiting: at(Stat.waiting),
    isClosed: at(Stat.isClosed) === 1,
    generation: at(Stat.generation),
    submitted: at(Stat.submitted),
    unsettled: at(Stat.unsettled),
    completed: at(Stat.completed),
    failed: at(Stat.failed),
    timedOut: at(Stat.timedOut),
    cancelled: at(Stat.cancelled),
    rejected: {
      overload: at(Stat.overload),
      closed: at(Stat.closed),
      waitTimeout: at(Stat.waitTimeout),
      released: at(Stat.released),
    },
    peakBusy: at(Stat.peakBusy),
    peakWaiting: at(Stat.peakWaiting),
    workers: {
      started: at(Stat.started),
      reused: at(Stat.reused),
      retired: at(Stat.retired),
      crashed: at(Stat.crashed),
    },
  }
}
