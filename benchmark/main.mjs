/**
 * `npm run bench [-- <question or folder> …] [-- --quick]`: measures, prints, and writes `results/`: for each question `.json`, `.md` and charts, for
 * all of them `README.md`.
 *
 * A missed aim is news, not an error: it is printed first and the exit code stays 0. Only a case that cannot run fails.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { toSvg } from './chart.mjs'
import { overview } from './overview.mjs'
import { toPage } from './page.mjs'
import { fileOf, select } from './questions.mjs'
import { measureRounds } from './rounds.mjs'
import { describeSurroundings } from './surroundings.mjs'

const RESULTS = new URL('results/', import.meta.url)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
})
// A quick answer does not replace a thorough one.
const suffix = values.quick ? '.quick' : ''
const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ')

mkdirSync(RESULTS, { recursive: true })
for (const name of select(positionals)) await answer(name)
write(`README${suffix}.md`, await overview(RESULTS, suffix))

/** @param {string} name */
async function answer(name) {
  const question = await import(`./${name}.mjs`)
  const obstacle = question.obstacle?.()
  if (obstacle) {
    process.stdout.write(`${name}: skipped, ${obstacle}\n\n`)
    return
  }
  const settings = values.quick ? question.quick : question.full
  const surroundings = describeSurroundings(question.versions?.())
  const date = new Date().toISOString()
  const names = question.cases.map((/** @type {{ name: string }} */ each) => each.name)

  const summaries = await measureRounds(name, names, settings, showProgress)
  showProgress('')

  const { title } = question
  const file = `${fileOf(name)}${suffix}`
  const contests = question.contests(summaries)
  const aims = question.aims?.(summaries) ?? []
  const method = question.method?.(settings)
  const page = toPage({
    name: file,
    title,
    date,
    command,
    settings,
    surroundings,
    table: question.table(summaries),
    aims,
    contests,
    method,
  })
  process.stdout.write(`${page}\n`)

  const record = {
    question: name,
    title,
    date,
    command,
    settings,
    ...surroundings,
    aims,
    cases: [...summaries.values()],
  }
  write(`${file}.json`, `${JSON.stringify(record, null, 2)}\n`)
  write(`${file}.md`, page)
  for (const theme of /** @type {const} */ (['light', 'dark']))
    write(`${file}.${theme}.svg`, question.chart?.(summaries, theme) ?? toSvg(title, contests, theme))
}

/** @param {string} file @param {string} content */
function write(file, content) {
  writeFileSync(new URL(file, RESULTS), content)
}

/** @param {string} text the one line that is redrawn; empty to take it away */
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}
