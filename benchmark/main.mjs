/**
 * `npm run bench [-- <question> …] [-- --quick]`: measures, prints, and writes `results/<question>.json` and `.md`.
 *
 * A missed aim is news, not an error: it is printed first and the exit code stays 0. Only a case that cannot run fails.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureRounds } from './rounds.mjs'
import { describeInWords, describeSurroundings } from './surroundings.mjs'

const QUESTIONS = ['closures', 'waiting', 'shared', 'multi-pool', 'map', 'threads']
const RESULTS = new URL('results/', import.meta.url)

const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false } } })
const asked = positionals.length ? positionals : QUESTIONS
const unknown = asked.find((name) => !QUESTIONS.includes(name))
if (unknown !== undefined) throw new RangeError(`no question '${unknown}'; there are: ${QUESTIONS.join(', ')}`)

for (const name of asked) await answer(name)

/** @param {string} name */
async function answer(name) {
  const question = await import(`./${name}.mjs`)
  const settings = values.quick ? question.quick : question.full
  const surroundings = describeSurroundings()
  const date = new Date().toISOString()
  const names = question.cases.map((/** @type {{ name: string }} */ { name }) => name)

  const summaries = await measureRounds(name, names, settings, showProgress)
  showProgress('')

  const table = question.table(summaries)
  const aims = question.aims(summaries).sort((/** @type {Aim} */ a, /** @type {Aim} */ b) => Number(a.met) - Number(b.met))
  const page = toPage({ title: question.title, date, settings, surroundings, table, aims })
  process.stdout.write(`${page}\n`)

  // A quick answer does not replace a thorough one.
  const file = values.quick ? `${name}.quick` : name
  const command = `node benchmark/main.mjs ${process.argv.slice(2).join(' ')}`.trim()
  const record = { question: name, title: question.title, date, command, settings, ...surroundings, aims, cases: [...summaries.values()] }
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(new URL(`${file}.json`, RESULTS), `${JSON.stringify(record, null, 2)}\n`)
  writeFileSync(new URL(`${file}.md`, RESULTS), page)
}

/** @typedef {{ aim: string, measured: string, met: boolean }} Aim */
/** @typedef {{ head: string[], rows: string[][] }} Table */

/**
 * @param {{ title: string, date: string, settings: Record<string, number>, surroundings: import('./surroundings.mjs').Surroundings,
 *   table: Table, aims: Aim[] }} page
 */
function toPage({ title, date, settings, surroundings, table, aims }) {
  const verdicts = aims.map(({ aim, measured, met }) => `- ${met ? 'met' : '**MISSED**'} – ${aim}: ${measured}`)
  const { rounds, timedTasks } = settings
  const method = `${date}. Medians of ${rounds} interleaved rounds; in each, every case runs in a fresh process: warm-up, then the mean over ${timedTasks?.toLocaleString('en')} tasks.`
  return [`# ${title}`, '', ...verdicts, '', ...toMarkdown(table), '', method, '', ...describeInWords(surroundings).map((line) => `- ${line}`), ''].join('\n')
}

/** @param {Table} table */
function toMarkdown({ head, rows }) {
  const widths = head.map((cell, column) => Math.max(3, ...[head, ...rows].map((row) => /** @type {string} */ (row[column]).length)))
  // The first column names, the others count: numbers line up on the right.
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) => (column ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[0] ?? 0))
  const line = (/** @type {string[]} */ cells) => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(head), line(rule), ...rows.map(line)]
}

/** @param {string} text the one line that is redrawn; empty to take it away */
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}
