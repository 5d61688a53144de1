import { native, numbers } from './binding.js'
import { type PoolStats, STATS, Stat, statsOf } from './pool-stats.js'

const at = (stat: Stat): number => numbers[stat]!

/** One number of the pool, now. */
export function readStat(handle: number, stat: Stat): number {
  native.snapshot(handle)
  return at(stat)
}

/** busy + `weight` × waiting; `Infinity` if the pool is closed, as it takes nothing. */
export function readLoad(handle: number, weight: number): number {
  native.snapshot(handle)
  return at(Stat.isClosed) === 1 ? Infinity : at(Stat.busy) + weight * at(Stat.waiting)
}

/** Whether a task could start in the pool now, also beside others on a thread. What admission goes by, asked of it. */
export function readIsVacant(handle: number): boolean {
  return native.has_room(handle) === 1
}

export function readStats(handle: number, name: string): PoolStats {
  native.snapshot(handle)
  return statsOf(name, numbers)
}

/** What a MultiPool counts itself: calls that no pool could take. */
export interface Refused {
  overload: number
  closed: number
}

/**
 * The stats of several pools as those of one. `generation` is no quantity: it is the highest. The peaks are the sums
 * of the pools' own, which need not have come at the same time: no more than this was reached.
 */
export function readSums(name: string, handles: readonly number[], refused: Refused): PoolStats {
  const sums = numbers.slice(0, STATS).fill(0)
  let isClosed = 1
  let generation = 0
  for (const handle of handles) {
    native.snapshot(handle)
    for (let stat = 0; stat < STATS; stat++) sums[stat]! += numbers[stat]!
    isClosed = Math.min(isClosed, at(Stat.isClosed))
    generation = Math.max(generation, at(Stat.generation))
  }
  sums[Stat.isClosed] = isClosed
  sums[Stat.generation] = generation
  sums[Stat.overload]! += refused.overload
  sums[Stat.closed]! += refused.closed
  return statsOf(name, sums)
}
