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
    const { contests } = await import(`./${name}.mjs`)
    const summaries = new Map(record.cases.map((/** @type {{ name: string }} */ summary) => [summary.name, summary]))
    answers.push({ file, record, contests: contests?.(summaries) ?? [] })
  }

  const behind = answers.flatMap(({ file, contests }) => aheadOfUs(contests).map((line) => `- ${line} ([more](${file}.md))`))
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
    ...answers.flatMap(({ file, record, contests }) => answer(file, record, contests)),
  ].join('\n')
}

/**
 * @param {string} file
 * @param {any} record
 * @param {readonly import('./contest.mjs').Contest[]} contests
 */
function answer(file, { title, date, machine, versions }, contests) {
  const rows = contests.map(toRow).filter((row) => row !== undefined)
  const charts = contests.length > 0 ? `, chart for [light](${file}.light.svg) and [dark](${file}.dark.svg) pages` : ''
  const where = `${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node.js ${versions.node}`
  return [
    `### [${title}](${file}.md)`,
    '',
    ...(rows.length > 0 ? [...toMarkdown({ head: ['what', 'workpool', 'the best peer', 'we are better'], rows }), ''] : []),
    `${where}; [table](${file}.md), [numbers](${file}.json)${charts}.`,
    '',
  ]
}
