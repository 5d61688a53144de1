import type { PoolStats } from '../native/pool-stats.js'

/**
 * Which pool of a MultiPool is the first to be asked for a task, and the one in which it waits if no pool can take it
 * at once.
 *
 * - `round-robin`: one after the other, from index 0. Looks at nothing, so it costs least.
 * - `least-tasks`: the one with the fewest tasks, busy + waiting.
 * - `smart-round-robin`: one after the other, without those in which nothing is available; round robin if that is all.
 * - `weighted-least-tasks`: the one with the smallest busy + 2 × waiting.
 * - a function: is given the stats of all pools, by index, and gives an index. It is called for every task as long as
 *   a pool is open. What it throws is what the submit rejects with; a bad index is a RangeError with code
 *   `ERR_POOL_OPTION`.
 *
 * Of equals the one with the lowest index is taken.
 *
 * Strategies count tasks and know nothing of results. A pool whose tasks fail at once always has the fewest: `least-tasks` and
 * `weighted-least-tasks` send it nearly all of them, `smart-round-robin` its turn. Whoever knows that a pool is not well takes it out:
 * by `release`, or by a function that names another one.
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
