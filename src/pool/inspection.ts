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
