/** A line about a pool, now and then. */
import { clearTimeout, monotonicNow, setTimeout } from '../base/intrinsics.js'
import type { Logger } from '../base/logger.js'
import type { PoolStats } from '../native/pool-stats.js'
import { type Report, checkReportOptions } from '../options/report-options.js'

/** What is reported of a pool. */
interface Reported {
  readonly name: string
  stats(): PoolStats
}

const TO_CONSOLE: Pick<Logger, 'info'> = {
  info(_, message) {
    console.log(message)
  },
}

/** How many tasks have ended by now, by how. */
const endsOf = ({ completed, failed, timedOut, cancelled, rejected }: PoolStats) => ({
  completed,
  failed,
  timedOut,
  cancelled,
  refused: Object.values(rejected).reduce((sum, count) => sum + count, 0),
})

type Ends = ReturnType<typeof endsOf>

const NAMES: Readonly<Record<Exclude<keyof Ends, 'completed'>, string>> = {
  failed: 'failed',
  timedOut: 'timed out',
  cancelled: 'cancelled',
  refused: 'refused',
}

const since = (now: Ends, before: Ends): Ends =>
  Object.fromEntries(
    Object.entries(now).map(([end, count]) => [end, count - before[end as keyof Ends]]),
  ) as unknown as Ends

/** What a line says, and its numbers. */
function lineOf(name: string, stats: PoolStats, ends: Ends, ms: number): [details: object, line: string] {
  const { capacity, busy, idle, waiting } = stats
  const perSecond = Math.round((ends.completed * 1e4) / ms) / 10
  const others = Object.entries(NAMES).flatMap(([end, text]) => {
    const count = ends[end as keyof Ends]
    return count === 0 ? [] : [`, ${count} ${text}`]
  })
  const line = `pool ${name}: ${busy} of ${capacity} busy, ${waiting} waiting; ${ends.completed} completed, ${perSecond}/s${others.join('')}`
  return [{ pool: name, capacity, busy, idle, waiting, ...ends, perSecond, ms: Math.round(ms) }, line]
}

/** Begins to report. It does not reference the pool. */
export function report(pool: Reported, options: unknown): Report {
  const { every = 10_000, logger = TO_CONSOLE } = checkReportOptions(options)
  const reported = new WeakRef(pool)
  let before = endsOf(pool.stats())
  let at = monotonicNow()
  const tell = (): void => {
    const left = reported.deref()
    if (left === undefined) return
    const [now, stats] = [monotonicNow(), left.stats()]
    const ends = endsOf(stats)
    const line = lineOf(left.name, stats, since(ends, before), now - at)
    ;[before, at] = [ends, now]
    if (!stats.isClosed || stats.unsettled > 0 || stats.busy > 0) timer = next()
    try {
      logger.info(...line)
    } catch {
      // Nobody is left to be told.
    }
  }
  const next = () => setTimeout(tell, every).unref()
  let timer = next()
  const stop = (): void => clearTimeout(timer)
  return { stop, [Symbol.dispose]: stop }
}
