/** A line about a pool, now and then. */
import { clearTimeout, monotonicNow, setTimeout } from '../base/intrinsics.js'
import type { Logger } from '../base/logger.js'
import type { PoolStats } from '../native/pool-stats.js'
import type { Histogram } from '../observe/histogram.js'
import { type Report, checkReportOptions } from '../options/report-options.js'

/** What is reported of a pool. */
interface Reported {
  readonly name: string
  stats(): PoolStats
  histogram(measure: 'wait' | 'run'): Histogram
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

/** Of the times since the line before, in ms. */
interface Times {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

/** How long tasks have waited and run, of a pool that measures. */
interface Measured<T> {
  readonly wait: T
  readonly run: T
}

function timesSince(now: Histogram, before: Histogram | undefined): Times {
  const { count, p50, p99 } = before === undefined ? now : now.minus(before)
  return { count, p50, p99 }
}

const text = ({ p50, p99 }: Times): string =>
  `p50 ${Number(p50.toPrecision(3))} ms, p99 ${Number(p99.toPrecision(3))} ms`

/** What a line says, and its numbers. */
function lineOf(
  name: string,
  stats: PoolStats,
  ends: Ends,
  times: Measured<Times> | undefined,
  ms: number,
): [details: object, line: string] {
  const { capacity, busy, idle, waiting } = stats
  const perSecond = Math.round((ends.completed * 1e4) / ms) / 10
  const others = Object.entries(NAMES).flatMap(([end, text]) => {
    const count = ends[end as keyof Ends]
    return count === 0 ? [] : [`, ${count} ${text}`]
  })
  const line = `pool ${name}: ${busy} of ${capacity} busy, ${waiting} waiting; ${ends.completed} completed, ${perSecond}/s${others.join('')}`
  const measured =
    times === undefined || times.run.count === 0 ? '' : `; waited ${text(times.wait)}; ran ${text(times.run)}`
  const numbers = { pool: name, capacity, busy, idle, waiting, ...ends, perSecond, ...times, ms: Math.round(ms) }
  return [numbers, line + measured]
}

/** Begins to report. It does not reference the pool. */
export function report(pool: Reported, options: unknown): Report {
  const { every = 10_000, logger = TO_CONSOLE } = checkReportOptions(options)
  const reported = new WeakRef(pool)
  /** Of a pool that measures, or has. */
  const measuredBy = (pool: Reported, { run }: PoolStats): Measured<Histogram> | undefined =>
    run === undefined ? undefined : { wait: pool.histogram('wait'), run: pool.histogram('run') }
  const first = pool.stats()
  let [before, measuredBefore] = [endsOf(first), measuredBy(pool, first)]
  let at = monotonicNow()
  const tell = (): void => {
    const left = reported.deref()
    if (left === undefined) return
    const [now, stats] = [monotonicNow(), left.stats()]
    const ends = endsOf(stats)
    const measured = measuredBy(left, stats)
    const times = measured && {
      wait: timesSince(measured.wait, measuredBefore?.wait),
      run: timesSince(measured.run, measuredBefore?.run),
    }
    const line = lineOf(left.name, stats, since(ends, before), times, now - at)
    ;[before, measuredBefore, at] = [ends, measured, now]
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
