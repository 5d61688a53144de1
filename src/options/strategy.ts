import type { PoolStats } from '../native/pool-stats.js'

/**
 * Which pool of a MultiPool is asked first for a task. If no pool can start the task at once, it waits in that one.
 *
 * - `round-robin`: one pool after the other, from index 0. It looks at nothing, so it costs least.
 * - `least-tasks`: the pool with the fewest tasks, busy + waiting.
 * - `smart-round-robin`: one after the other, but only pools that have room. If none has, it is round robin.
 * - `weighted-least-tasks`: the pool with the smallest busy + 2 × waiting.
 * - a function: it is called with the stats of all pools, by index, and returns an index. The MultiPool calls it for
 *   every task as long as a pool is open. If it throws, the submit rejects with that error. A bad index is a RangeError
 *   with code `ERR_POOL_OPTION`.
 *
 * If several pools are equal, the one with the lowest index is taken.
 *
 * Strategies count tasks and know nothing of results. A pool whose tasks fail at once always has the fewest tasks:
 * `least-tasks` and `weighted-least-tasks` send it nearly all of them, and `smart-round-robin` gives it its turn. Take
 * such a pool out yourself: call its `release()`, or use a function that names another one.
 *
 * ```js
 * multi.setStrategy((pools) => (pools[0].waiting > 100 ? 1 : 0))
 * ```
 */
export type Strategy =
  | 'round-robin'
  | 'least-tasks'
  | 'smart-round-robin'
  | 'weighted-least-tasks'
  | ((pools: readonly PoolStats[]) => number)

/** The strategies that have a word. */
export const STRATEGY_WORDS = [
  'round-robin',
  'least-tasks',
  'smart-round-robin',
  'weighted-least-tasks',
] as const satisfies readonly Strategy[]
