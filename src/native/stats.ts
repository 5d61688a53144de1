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

/** What strategies decide by: nothing that was measured. */
export function readStats(handle: number, name: string): PoolStats {
  native.snapshot(handle)
  return statsOf(name, numbers)
}

/** How many tasks wait, and the capacity. */
export function readQueue(handle: number): { waiting: number; capacity: number } {
  native.snapshot(handle)
  return { waiting: at(Stat.waiting), capacity: at(Stat.capacity) }
}

/** What a MultiPool counts itself: calls that no pool could take. */
export type Refused = Record<'overload' | 'rate' | 'key' | 'paused' | 'closed', number>

/**
 * The stats of several pools as those of one. They are paused if none takes tasks, but for a pause. `generation` is no
 * quantity: it is the highest. The peaks are the sums
 * of the pools' own, which need not have come at the same time: no more than this was reached.
 *
 * @param readMeasured reads the numbers of a pool that measures or has measured again, with its times
 */
export function readSums(
  name: string,
  handles: readonly number[],
  readMeasured: (handle: number) => void,
  refused?: Refused,
): PoolStats {
  const sums = numbers.slice(0, STATS).fill(0)
  let isClosed = 1
  let isAnyPaused = 0
  let isAnyOpen = 0
  let generation = 0
  for (const handle of handles) {
    if (native.snapshot(handle) === 1) readMeasured(handle)
    for (let stat = 0; stat < STATS; stat++) sums[stat]! += numbers[stat]!
    isClosed = Math.min(isClosed, at(Stat.isClosed))
    isAnyPaused = Math.max(isAnyPaused, at(Stat.isPaused))
    if (at(Stat.isClosed) === 0 && at(Stat.isPaused) === 0) isAnyOpen = 1
    generation = Math.max(generation, at(Stat.generation))
  }
  sums[Stat.isClosed] = isClosed
  sums[Stat.generation] = generation
  sums[Stat.isPaused] = isAnyPaused === 1 && isAnyOpen === 0 ? 1 : 0
  if (refused !== undefined) {
    sums[Stat.overload]! += refused.overload
    sums[Stat.rate]! += refused.rate
    sums[Stat.key]! += refused.key
    sums[Stat.paused]! += refused.paused
    sums[Stat.closed]! += refused.closed
  }
  return statsOf(name, sums)
}
