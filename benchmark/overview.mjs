/** `results/README.md`: all questions at a glance, from what their last runs wrote. */
import { existsSync, readFileSync } from 'node:fs'
import { aheadOfUs, toRow } from './contest.mjs'
import { toMarkdown } from './page.mjs'
import { QUESTIONS, fileOf } from './questions.mjs'

/**
 * @param {URL} results the folder
 * @param {string} suffix of the files to read: '' or '.quick'
 */
export async function overview(results, suffix) {
  const answers = []
  for (const name of QUESTIONS) {
    const file = `${fileOf(name)}${suffix}`
    const url = new URL(`${file}.json`, results)
    if (!existsSync(url)) continue
    const record = JSON.parse(readFileSync(url, 'utf8'))
    const { cases, contests } = await import(`./${name}.mjs`)
    const summaries = new Map(record.cases.map((/** @type {{ name: string }} */ summary) => [summary.name, summary]))
    // What was written before the question changed no longer answers it.
    if (!cases.every((/** @type {{ name: string }} */ each) => summaries.has(each.name))) continue
    const hasChart = existsSync(new URL(`${file}.light.svg`, results))
    answers.push({ file, record, contests: contests(summaries), hasChart })
  }

  const behind = answers.flatMap(({ file, contests }) =>
    aheadOfUs(contests).map((line) => `- ${line} ([more](${file}.md))`),
  )
  const missed = answers.flatMap(({ file, record }) =>
    record.aims
      .filter((/** @type {import('./page.mjs').Aim} */ { met }) => !met)
      .map((/** @type {import('./page.mjs').Aim} */ { aim, measured }) => `- ${aim}: ${measured} ([more](${file}.md))`),
  )
  return [
    '# What was measured',
    '',
    `\`npm run bench${suffix ? ' -- --quick' : ''}\` writes this page and all it links to.${suffix ? ' This was a quick look: few rounds, few tasks, much noise.' : ''}`,
    '',
    '## Where a peer is ahead',
    '',
    ...(behind.length > 0 ? behind : ['Nowhere.']),
    '',
    '## Aims that were missed',
    '',
    ...(missed.length > 0 ? missed : ['None.']),
    '',
    '## Questions',
    '',
    ...answers.flatMap(({ file, record, contests, hasChart }) => answer(file, record, contests, hasChart)),
  ].join('\n')
}

/**
 * @param {string} file
 * @param {any} record
 * @param {readonly import('./contest.mjs').Contest[]} contests
 * @param {boolean} hasChart
 */
function answer(file, { title, date, machine, versions }, contests, hasChart) {
  const rows = contests.map(toRow).filter((row) => row !== undefined)
  const charts = hasChart ? `, chart for [light](${file}.light.svg) and [dark](${file}.dark.svg) pages` : ''
  const where = `${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node.js ${versions.node}`
  return [
    `### [${title}](${file}.md)`,
    '',
    ...(rows.length > 0
      ? [...toMarkdown({ head: ['what', 'workpool', 'the best peer', 'we are better'], rows }), '']
      : []),
    `${where}; [table](${file}.md), [numbers](${file}.json)${charts}.`,
    '',
  ]
}
