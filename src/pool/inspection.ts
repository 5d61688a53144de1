/** What `console.log(pool)` shows. */
import type { InspectOptionsStylized, inspect } from 'node:util'

import type { PoolStats } from '../native/pool-stats.js'

/** The key of the method that inspecting asks; the registered symbol is the same in every realm. */
export const custom: typeof inspect.custom = Symbol.for('nodejs.util.inspect.custom') as typeof inspect.custom

/** The kind of a pool, its name and its main gauges; only the first two below the depth asked for. */
export function show(
  kind: string,
  name: string,
  stats: () => PoolStats & { pools?: number },
  depth: number,
  options: InspectOptionsStylized,
  inspectValue: typeof inspect,
): string {
  const head = `${kind} "${name}"`
  if (depth < 0) return options.stylize(`[${head}]`, 'special')
  const { pools, capacity, busy, idle, waiting, unsettled, isClosed, isPaused } = stats()
  const shown = {
    ...(pools !== undefined && { pools }),
    capacity,
    busy,
    idle,
    waiting,
    unsettled,
    ...(isClosed && { isClosed }),
    ...(isPaused && { isPaused }),
  }
  return `${head} ${inspectValue(shown, options)}`
}

/** What `JSON.stringify` of a pool shows. */
export interface PoolSummary {
  readonly kind: 'closures' | 'threads' | 'native' | 'multi'
  readonly name: string
  readonly state: 'open' | 'paused' | 'closed'
  readonly capacity: number
  readonly busy: number
  readonly idle: number
  readonly waiting: number
  /** Tasks that were accepted and have not settled. */
  readonly unsettled: number
  readonly completed: number
  readonly failed: number
}

/** The numbers of a pool that matter at a glance. */
export function summaryOf(stats: PoolStats): Omit<PoolSummary, 'kind' | 'name'> {
  const { capacity, busy, idle, waiting, unsettled, completed, failed, isClosed, isPaused } = stats
  const state = isClosed ? 'closed' : isPaused ? 'paused' : 'open'
  return { state, capacity, busy, idle, waiting, unsettled, completed, failed }
}
