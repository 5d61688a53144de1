/**
 * `npm run conformance [-- --library <name>] [-- --group <name>] [-- --test <group>/<name>]`: looks for every behaviour in every library
 * and prints who has it. A run of everything is written to `results/`; a run of one cell says what is expected and what was seen.
 *
 * The exit code tells of us: a peer's failure is news. Where a single peer is asked for, it tells of that one.
 */
import { parseArgs } from 'node:util'
import { OWN, fillCell } from './cell.mjs'
import { lists } from './lists.mjs'
import { describeCell, printTables, writeResults } from './report.mjs'

/** Children at a time. More would be late for reasons of their own. */
const AT_A_TIME = 2

const { values } = parseArgs({
  options: { library: { type: 'string' }, group: { type: 'string' }, test: { type: 'string' } },
})
const library = values.library === 'us' ? OWN : values.library

/** @typedef {{ list: import('./lists.mjs').List, library: string, group: string, test: import('./lists.mjs').Test, cell?: import('./cell.mjs').Cell }} Question */

/** @type {Question[]} */
const questions = lists
  .flatMap((list) =>
    list.groups.flatMap((group) =>
      group.tests.flatMap((test) => list.libraries.map((name) => ({ list, library: name, group: group.name, test }))),
    ),
  )
  .filter(
    (question) =>
      (library === undefined || question.library === library) &&
      (values.group === undefined || question.group === values.group) &&
      (values.test === undefined || `${question.group}/${question.test.name}` === values.test),
  )
if (questions.length === 0) throw new RangeError('no such library, group or test; see conformance/lists.mjs')

const start = performance.now()
await answer(questions)
const seconds = Math.round((performance.now() - start) / 1_000)

if (questions.length === 1) process.stdout.write(describeCell(/** @type {any} */ (questions[0])))
else printTables(/** @type {any} */ (questions))
if (Object.keys(values).length === 0) writeResults(/** @type {any} */ (questions), seconds)

const judged = questions.filter((question) => question.library === (library ?? OWN))
if (judged.some(({ cell }) => cell?.state === 'failed')) process.exitCode = 1

/** @param {Question[]} all */
async function answer(all) {
  let next = 0
  const lane = async () => {
    while (next < all.length) {
      const question = /** @type {Question} */ (all[next++])
      showProgress(`${next} of ${all.length}: ${question.library} ${question.group}/${question.test.name}`)
      question.cell = await fillCell(question.list, question.library, question.group, question.test)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  showProgress('')
}

/** @param {string} text the one line that is redrawn; empty to take it away */
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}
