/** The numbers of pools as lines of a terminal. */
import { endedOf, kindAndState, refusedOf } from '../figures.js'
import type { ConsolePool, ConsoleSnapshot } from '../snapshot.js'

type Cells = readonly string[]

const HEAD: Cells = [
  'POOL',
  'KIND',
  'BUSY',
  'OF',
  'IDLE',
  'WAITING',
  'ENDED/S',
  'RUN P50',
  'RUN P99',
  'FAILED',
  'REFUSED',
]
/** The columns that hold text: they begin at the left. */
const TEXTS = 2

/** Names come from programs: what a terminal would take for a command is not shown. */
// oxlint-disable-next-line no-control-regex
const printable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')

const count = (value: number | null): string => (value === null ? '∞' : String(value))

function duration(ms: number | undefined): string {
  if (ms === undefined) return '-'
  if (ms < 10) return `${ms.toFixed(2)} ms`
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

function cellsOf(pool: ConsolePool, before: ConsolePool | undefined, seconds: number): Cells {
  const { stats } = pool
  const perSecond = before === undefined ? '-' : ((endedOf(stats) - endedOf(before.stats)) / seconds).toFixed(1)
  const { busy, capacity, idle, waiting, failed } = stats
  const numbers = [busy, capacity, idle, waiting].map(count)
  return [
    printable(stats.name),
    kindAndState(pool, ' '),
    ...numbers,
    perSecond,
    duration(stats.run?.p50),
    duration(stats.run?.p99),
    count(failed),
    count(refusedOf(stats)),
  ]
}

/** Those that are busiest first. `columns`: how wide the terminal is. */
export function linesOf(now: ConsoleSnapshot, before: ConsoleSnapshot | undefined, columns: number): string[] {
  const seconds = before === undefined ? 1 : (now.at - before.at) / 1_000
  const earlier = new Map(before?.pools.map((pool) => [pool.id, pool]))
  const pools = now.pools.toSorted(({ stats: a }, { stats: b }) => b.busy + b.waiting - a.busy - a.waiting)
  const rows = [HEAD, ...pools.map((pool) => cellsOf(pool, earlier.get(pool.id), seconds))]
  const widths = HEAD.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)))
  return rows.map((cells) =>
    cells
      .map((cell, i) => (i < TEXTS ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .slice(0, columns)
      .trimEnd(),
  )
}
