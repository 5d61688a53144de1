import type { PoolStats } from '../native/stats.js'

/** What a MultiPool counts itself: calls that no pool could take. */
export interface Refused {
  overload: number
  closed: number
}

/**
 * The stats of several pools as those of one. `generation` is no quantity: it is the highest. The peaks are the sums
 * of the pools' own, which need not have come at the same time: no more than this was reached.
 */
export function sum(pools: readonly PoolStats[], refused: Refused): PoolStats {
  const of = (read: (stats: PoolStats) => number): number => pools.reduce((total, stats) => total + read(stats), 0)
  return {
    capacity: of((stats) => stats.capacity),
    running: of((stats) => stats.running),
    busy: of((stats) => stats.busy),
    idle: of((stats) => stats.idle),
    available: of((stats) => stats.available),
    free: of((stats) => stats.free),
    waiting: of((stats) => stats.waiting),
    isClosed: pools.every((stats) => stats.isClosed),
    generation: Math.max(...pools.map((stats) => stats.generation)),
    submitted: of((stats) => stats.submitted),
    unsettled: of((stats) => stats.unsettled),
    completed: of((stats) => stats.completed),
    failed: of((stats) => stats.failed),
    timedOut: of((stats) => stats.timedOut),
    cancelled: of((stats) => stats.cancelled),
    rejected: {
      overload: refused.overload + of(({ rejected }) => rejected.overload),
      closed: refused.closed + of(({ rejected }) => rejected.closed),
      waitTimeout: of(({ rejected }) => rejected.waitTimeout),
      released: of(({ rejected }) => rejected.released),
    },
    peakBusy: of((stats) => stats.peakBusy),
    peakWaiting: of((stats) => stats.peakWaiting),
    workers: {
      started: of(({ workers }) => workers.started),
      reused: of(({ workers }) => workers.reused),
      retired: of(({ workers }) => workers.retired),
      crashed: of(({ workers }) => workers.crashed),
    },
  }
}
