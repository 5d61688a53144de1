import type { Measure, MeasuredTimes } from '../native/measures.js'
import { readMeasures } from '../native/measures.js'
import type { PoolStats } from '../native/pool-stats.js'
import { type Refused, readSums } from '../native/stats.js'
import { forMeasures } from '../observe/parts.js'

/** What `stats()` gives of these pools together. */
export function statsOfAll(name: string, handles: readonly number[], refused?: Refused): PoolStats {
  const measured: Record<Measure, MeasuredTimes>[] = []
  const stats = readSums(name, handles, (handle) => measured.push(readMeasures(handle)!), refused)
  if (measured.length === 0) return stats
  const { summaryOfAll } = forMeasures()
  const wait = summaryOfAll(measured.map((times) => times.wait))
  const run = summaryOfAll(measured.map((times) => times.run))
  return { ...stats, wait, run }
}
