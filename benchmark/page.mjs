/** The Markdown of one question: first where a peer is ahead of us, then the aims that were missed, then all the rest. */
import { aheadOfUs } from './contest.mjs'
import { describeInWords } from './surroundings.mjs'

/** @typedef {{ aim: string, measured: string, met: boolean }} Aim */
/** @typedef {{ head: string[], rows: string[][] }} Table */

/**
 * @typedef {object} Page
 * @property {string} name
 * @property {string} title
 * @property {string} date
 * @property {string} command
 * @property {Record<string, any>} settings
 * @property {import('./surroundings.mjs').Surroundings} surroundings
 * @property {Table} table
 * @property {readonly Aim[]} aims
 * @property {readonly import('./contest.mjs').Contest[]} contests
 * @property {string} [method]
 */

/** @param {Page} page */
export function toPage({
  name,
  title,
  date,
  command,
  settings,
  surroundings,
  table,
  aims,
  contests,
  method = describeMethod(settings),
}) {
  const ahead = aheadOfUs(contests).map((line) => `- **BEHIND** – ${line}`)
  const verdicts = aims.toSorted((a, b) => Number(a.met) - Number(b.met))
  const lines = [
    ...ahead,
    ...verdicts.map(({ aim, measured, met }) => `- ${met ? 'met' : '**MISSED**'} – ${aim}: ${measured}`),
  ]
  return [
    `# ${title}`,
    '',
    ...(lines.length > 0 ? [...lines, ''] : []),
    ...toMarkdown(table),
    '',
    ...(contests.length > 0 ? [...picture(name, title), ''] : []),
    `${date}, \`${command}\`. ${method}`,
    '',
    ...describeInWords(surroundings).map((line) => `- ${line}`),
    '',
  ].join('\n')
}

/** @param {Record<string, any>} settings */
function describeMethod({ rounds, timedTasks }) {
  const tasks = timedTasks?.toLocaleString('en')
  return `Medians of ${rounds} interleaved rounds; in each, every case runs in a fresh process: warm-up, then the mean over ${tasks} tasks.`
}

/** @param {string} name @param {string} title */
export function picture(name, title) {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${name}.dark.svg">`,
    `  <img alt="${title}" src="${name}.light.svg">`,
    '</picture>',
  ]
}

/** @param {Table} table */
export function toMarkdown({ head, rows }) {
  const widths = head.map((cell, column) =>
    Math.max(3, ...[head, ...rows].map((row) => /** @type {string} */ (row[column]).length)),
  )
  // The first column names, the others count: numbers line up on the right.
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[0] ?? 0)
  const line = (/** @type {string[]} */ cells) => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(head), line(rule), ...rows.map(line)]
}
