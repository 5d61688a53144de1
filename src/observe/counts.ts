/** What pools have counted, as sums that can be added up. */
import type { Counted } from '../base/registry.js'
import { readMeasures } from '../native/measures.js'
import type { PoolStats } from '../native/pool-stats.js'
import { readStats } from '../native/stats.js'
import { type Times, addTimes, timesOf } from './times.js'

/** `tasks` by outcome, `refused` by reason, `workers` by what became of them. */
export interface Counts {
  readonly tasks: Record<string, number>
  readonly refused: Record<string, number>
  readonly workers: Record<string, number>
  /** Of pools that measure, if it is wanted. */
  wait?: Times
  run?: Times
}

export const noCounts = (): Counts => ({ tasks: {}, refused: {}, workers: {} })

function addEach(sums: Record<string, number>, more: Record<string, number>): void {
  for (const [key, value] of Object.entries(more)) sums[key] = (sums[key] ?? 0) + value
}

export function addCounts(sums: Counts, more: Counts): void {
  addEach(sums.tasks, more.tasks)
  addEach(sums.refused, more.refused)
  addEach(sums.workers, more.workers)
  for (const measure of ['wait', 'run'] as const) {
    const times = more[measure]
    if (times !== undefined) sums[measure] = addTimes(sums[measure], times)
  }
}

/** What a pool has now. Several pools as one have none of their own. */
export type Gauges = Pick<PoolStats, 'busy' | 'idle' | 'waiting' | 'capacity'>

/** Reads all at one moment; the times at the next one. */
export function readCounts({ name, handle, refused }: Counted, withTimes: boolean): [Counts, Gauges | undefined] {
  if (handle === undefined) return [{ tasks: {}, refused: { ...refused }, workers: {} }, undefined]
  const stats = readStats(handle, name)
  const { completed, failed, timedOut, cancelled, rejected } = stats
  // A share is no count.
  const { reuseRate: _, ...workers } = stats.workers
  const counts: Counts = {
    tasks: { completed, failed, timedOut, cancelled },
    refused: { ...rejected },
    workers,
  }
  const measured = withTimes ? readMeasures(handle) : undefined
  if (measured !== undefined) {
    counts.wait = timesOf(measured.wait)
    counts.run = timesOf(measured.run)
  }
  return [counts, stats]
}
