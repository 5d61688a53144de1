/** The table at the end: one row per load and mode. */
import { deadlineMs, patienceMs } from './scenario.mjs'

/**
 * @typedef {object} Result what was measured in one run
 * @property {{ name: string, load: number }} phase
 * @property {import('./scenario.mjs').Mode} mode
 * @property {import('./tally.mjs').Rates} perSecond
 * @property {number | undefined} p50 ms to a 2xx
 * @property {number | undefined} p99 ms to a 2xx
 * @property {number} peakRss bytes
 * @property {import('./rest.mjs').Restless | undefined} restless a process that had no processor time to spare
 */

/** @type {[heading: string, cell: (result: Result) => string][]} */
const columns = [
  ['load', ({ phase }) => `${phase.load}× ${phase.name}`],
  ['mode', ({ mode, restless }) => (restless ? `${mode} *` : mode)],
  ['sent/s', ({ perSecond }) => whole(perSecond.sent)],
  ['good/s', ({ perSecond }) => whole(perSecond.good)],
  ['503/s', ({ perSecond }) => whole(perSecond.refused)],
  ['lost/s', ({ perSecond }) => whole(perSecond.lost)],
  ['p50 ms', ({ p50 }) => whole(p50)],
  ['p99 ms', ({ p99 }) => whole(p99)],
  ['RSS MB', ({ peakRss }) => whole(peakRss / 2 ** 20)],
]
const textColumns = 2

/**
 * @param {Result[]} results in the order of their rows; the modes of one phase together
 * @returns {string}
 */
export function table(results) {
  const rows = [
    columns.map(([heading]) => heading),
    ...results.map((result) => columns.map(([, cell]) => cell(result))),
  ]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column < textColumns ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  '),
  )
  const rule = '─'.repeat(lines[0].length)
  const body = results.flatMap((result, row) =>
    (row === 0 || result.phase !== results[row - 1].phase ? [rule] : []).concat(lines[row + 1]),
  )
  const notes = results.some(({ restless }) => restless) ? [legend, mark] : [legend]
  return [lines[0], ...body, rule, ...notes].join('\n')
}

const legend = [
  'load: against what the upstream can take.',
  `good: a 2xx within ${deadlineMs} ms. 503: refused, with Retry-After.`,
  `lost: all others: later than that, given up by the client after ${patienceMs} ms, failed.`,
  'pool: a fixed bound on what waits. shed: the same, and who has waited too long in a queue that stands is refused.',
  'What is missing from sent was still open when the run ended.',
  'p50, p99: time to a 2xx; who gave up is not in it. RSS: peak of the server process.',
].join('\n')

const mark = '*: a process of the run never came to rest, so this shows the machine and not the mode.'

/** @param {number | undefined} value */
export const whole = (value) => (value === undefined ? '–' : Math.round(value).toString())
