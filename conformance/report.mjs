/** What was found, for the terminal and for `results/`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { describeInWords, describeSurroundings } from '../benchmark/surroundings.mjs'
import { OWN } from './cell.mjs'
import { lists } from './lists.mjs'

const RESULTS = new URL('results/', import.meta.url)
const MARKS = { passed: '✓', failed: '✗', 'not offered': '–' }

/** @typedef {Required<import('./main.mjs').Question>} Answer */

/** @param {Answer} answer */
const idOf = ({ group, test }) => `${group}/${test.name}`

/** @param {Answer} answer */
const commandOf = (answer) => `npm run conformance -- --library ${answer.library} --test ${idOf(answer)}`

/** @param {Answer} answer */
export function describeCell({ library, test, cell, ...rest }) {
  const lines = [
    `${library}, ${rest.group}/${test.name}: ${cell.state}`,
    `  expected: ${test.expects}`,
    ...(cell.reason ? [`  not offered: ${cell.reason}`] : []),
    ...(cell.seen ? [`  seen: ${cell.seen}`] : []),
    ...(cell.runs > 1 ? [`  runs: ${cell.runs}`] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** @param {Answer[]} answers */
export function printTables(answers) {
  for (const list of lists) {
    const own = answers.filter((answer) => answer.list === list)
    if (own.length > 0) process.stdout.write(`${toSection(list, own).join('\n')}\n`)
  }
}

/** @param {Answer[]} answers @param {number} seconds */
export function writeResults(answers, seconds) {
  const surroundings = describeSurroundings()
  const date = new Date().toISOString()
  const command = 'npm run conformance'
  mkdirSync(RESULTS, { recursive: true })

  const page = [
    '# Who does what',
    '',
    'Every behaviour is looked for from outside, in a process of its own with a deadline, through a small adapter per library',
    '([`conformance/adapters`](../adapters)) that uses it the way its documentation shows. ✓ has it, ✗ has not, – does not claim it.',
    'A peer has failed if it failed three times in a row; we have if we failed once.',
    '',
    ...lists.flatMap((list) =>
      toSection(
        list,
        answers.filter((answer) => answer.list === list),
      ),
    ),
    '## Surroundings',
    '',
    `${date}, \`${command}\`, ${seconds} s.`,
    '',
    ...describeInWords(surroundings).map((line) => `- ${line}`),
    '',
  ]
  writeFileSync(new URL('conformance.md', RESULTS), page.join('\n'))
  writeFileSync(
    new URL('conformance.json', RESULTS),
    `${JSON.stringify({ date, command, seconds, ...surroundings, tests: toRecords(answers) }, null, 2)}\n`,
  )
}

/** @param {Answer[]} answers */
function toRecords(answers) {
  const tests = new Set(answers.map(({ test }) => test))
  return [...tests].map((test) => {
    const own = answers.filter((answer) => answer.test === test)
    const [{ list, group } = /** @type {any} */ ({})] = own
    const cells = own.map((answer) => [
      answer.library,
      { ...answer.cell, ...(answer.cell.state === 'failed' && { command: commandOf(answer) }) },
    ])
    return { list: list.name, test: `${group}/${test.name}`, expects: test.expects, cells: Object.fromEntries(cells) }
  })
}

/** @param {import('./lists.mjs').List} list @param {Answer[]} answers @returns {string[]} Markdown */
function toSection(list, answers) {
  const libraries = list.libraries.filter((name) => answers.some(({ library }) => library === name))
  const groups = list.groups.filter(({ name }) => answers.some(({ group }) => group === name))
  return [
    `## ${list.title}`,
    '',
    ...toSummary(libraries, groups, answers),
    '',
    ...groups.flatMap((group) => toGroup(group, libraries, answers)),
    ...toNotes(libraries, answers),
  ]
}

/** @param {string[]} libraries @param {import('./lists.mjs').Group[]} groups @param {Answer[]} answers */
function toSummary(libraries, groups, answers) {
  /** @param {(answer: Answer) => boolean} isMeant */
  const counts = (isMeant) =>
    libraries.map((library) => {
      const cells = answers.filter((answer) => answer.library === library && isMeant(answer)).map(({ cell }) => cell)
      const offered = cells.filter(({ state }) => state !== 'not offered')
      return `${offered.filter(({ state }) => state === 'passed').length} of ${offered.length}`
    })
  return toMarkdown([
    ['passed of what is offered', ...libraries],
    ...groups.map(({ name }) => [name, ...counts(({ group }) => group === name)]),
    ['**all**', ...counts(() => true)],
  ])
}

/** @param {import('./lists.mjs').Group} group @param {string[]} libraries @param {Answer[]} answers */
function toGroup(group, libraries, answers) {
  const own = answers.filter((answer) => answer.group === group.name)
  const tests = group.tests.filter((test) => own.some((answer) => answer.test === test))
  const rows = tests.map((test) => {
    const marks = libraries.map((library) => {
      const cell = own.find((answer) => answer.test === test && answer.library === library)?.cell
      return cell ? MARKS[cell.state] : ''
    })
    return [`\`${test.name}\` ${test.expects}`, ...marks]
  })
  return [`### ${group.name}`, '', ...toMarkdown([[group.name, ...libraries], ...rows]), '']
}

/** @param {string[]} libraries @param {Answer[]} answers */
function toNotes(libraries, answers) {
  const failed = libraries.flatMap((library) =>
    answers.filter((answer) => answer.library === library && answer.cell.state === 'failed'),
  )
  const flaky = answers.filter(({ cell }) => cell.state === 'passed' && cell.runs > 1)
  const reasons = new Set(
    answers
      .filter(({ cell }) => cell.state === 'not offered')
      .map(({ library, cell }) => `- ${library}: ${cell.reason}`),
  )
  return [
    ...section(
      'What failed, and how to see it',
      failed.map(
        (answer) =>
          `- \`${commandOf(answer)}\`${answer.library === OWN ? ' (ours!)' : ''}: ${escape(answer.cell.seen ?? '')}`,
      ),
    ),
    ...section(
      'What failed in some runs only',
      flaky.map(
        (answer) =>
          `- ${answer.library} \`${idOf(answer)}\`, passed in run ${answer.cell.runs}; before that: ${escape(answer.cell.seen ?? '')}`,
      ),
    ),
    ...section('What is not offered', [...reasons].sort()),
  ]
}

/** @param {string} title @param {string[]} lines */
const section = (title, lines) => (lines.length > 0 ? [`### ${title}`, '', ...lines, ''] : [])

/** @param {string} text */
const escape = (text) =>
  text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')

/** @param {string[][]} rows the first one is the head */
function toMarkdown(rows) {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column ? `:${'-'.repeat(width - 2)}:` : '-'.repeat(width))).join(' | ')} |`
  return [line(head), rule, ...body.map(line)]
}
