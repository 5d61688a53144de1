import type { PoolStats } from 'workpool'

/** `stats().rejected` of a pool that has turned no task away. */
export const NONE_REJECTED: PoolStats['rejected'] = {
  overload: 0,
  rate: 0,
  key: 0,
  paused: 0,
  closed: 0,
  waitTimeout: 0,
  released: 0,
  displaced: 0,
  shed: 0,
  cleared: 0,
}

/** What `submitted` must equal at any moment. */
export function accountedFor(stats: PoolStats): number {
  const { unsettled, completed, failed, timedOut, cancelled, rejected } = stats
  const { waitTimeout, released, displaced, shed, cleared } = rejected
  return unsettled + completed + failed + timedOut + cancelled + waitTimeout + released + displaced + shed + cleared
}

/**
 * Every relation between the numbers of one snapshot that must hold at any moment; the broken ones, as text.
 * `mayBackOff`: its `init` fails. Then no worker is started for a while, and after that one at a time.
 */
export function contradictions(stats: PoolStats, mayBackOff = false): string[] {
  const { capacity, running, busy, idle, available, free, waiting, workers } = stats
  // Beside threads that serve one could not be started: there is no more room than theirs.
  const isPausing =
    free < capacity - running && (mayBackOff ? free <= 1 : free === 0 && running > 0 && workers.crashed > 0)
  const below = stats.isPaused ? 0 : Math.max(0, capacity - busy)
  const claims: [boolean, string][] = [
    [stats.submitted === accountedFor(stats), `submitted ${stats.submitted} = sum of its ends ${accountedFor(stats)}`],
    [idle === running - busy, `idle ${idle} = running ${running} − busy ${busy}`],
    [
      available === (isPausing ? Math.min(idle + free, below) : below),
      `available ${available} = capacity ${capacity} − busy ${busy}`,
    ],
    [isPausing || free === Math.max(0, capacity - running), `free ${free} = capacity ${capacity} − running ${running}`],
    [busy >= 0 && busy <= running, `0 ≤ busy ${busy} ≤ running ${running}`],
    [waiting >= 0 && waiting <= stats.unsettled, `0 ≤ waiting ${waiting} ≤ unsettled ${stats.unsettled}`],
    [stats.waited <= stats.submitted, `waited ${stats.waited} ≤ submitted ${stats.submitted}`],
    [stats.peakBusy >= busy, `peakBusy ${stats.peakBusy} ≥ busy ${busy}`],
    [stats.peakWaiting >= waiting, `peakWaiting ${stats.peakWaiting} ≥ waiting ${waiting}`],
    [workers.reused <= workers.started, `reused ${workers.reused} ≤ started ${workers.started}`],
    [
      workers.started - workers.retired - workers.crashed >= running,
      `started ${workers.started} − retired ${workers.retired} − crashed ${workers.crashed} ≥ running ${running}`,
    ],
    [stats.generation >= 1, `generation ${stats.generation} ≥ 1`],
  ]
  return claims.filter(([holds]) => !holds).map(([, claim]) => claim)
}
