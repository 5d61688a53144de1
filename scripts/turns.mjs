// How long the event loop is kept from turning when very much becomes due at once: the cases of __test__/fixtures/turns.mjs,
// each in a process of its own. Prints the longest turn of each, and fails if one is above the aim. Counted is the time for
// which the thread has had a processor, without garbage collections: neither what the machine does beside nor what the
// program keeps is ours. A case above the aim runs again, and the best run counts: whatever disturbs only adds.
// `--quick` has a fifth of everything become due. Other arguments are names of cases: `node scripts/turns.mjs release tune`.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const AIM_MS = 20
const ROUNDS = 3
/**
 * With so much room for young objects there are few collections, and most cases have none: what is taken off a turn for
 * them cannot hide what is ours.
 */
const FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256']
const isQuick = process.argv.includes('--quick')
const COUNT = isQuick ? 200_000 : 1_000_000
/** Of cases that take too long with a million. */
const counts = { 'abort of a map': COUNT / 10 }

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const fixture = join(root, '__test__', 'fixtures', 'turns.mjs')

function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...FLAGS, fixture, ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`turns.mjs ${args.join(' ')} has failed: ${stderr}`)
  return JSON.parse(stdout)
}

const known = run()
const chosen = process.argv.slice(2).filter((argument) => argument !== '--quick')
const unknown = chosen.filter((name) => !known.includes(name))
if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}; there are: ${known.join(', ')}`)
const names = chosen.length > 0 ? chosen : known

const ms = (number) => number.toFixed(1).padStart(8)
console.log(
  `| longest turn, ms                       | without GC |  with GC | by the clock | the call |  turns, with GC | runs |`,
)
console.log(
  `|----------------------------------------|-----------:|---------:|-------------:|---------:|----------------:|-----:|`,
)
let late = 0
for (const name of names) {
  let best
  let runs = 0
  do {
    const result = run(name, String(counts[name] ?? COUNT))
    runs++
    if (best === undefined || result.turnMs < best.turnMs) best = result
  } while (best.turnMs > AIM_MS && runs < ROUNDS)
  if (best.turnMs > AIM_MS) late++
  const cells = [
    `  ${ms(best.turnMs)}`,
    ms(best.withCollectionsMs),
    `    ${ms(best.wallMs)}`,
    ms(best.callMs),
    `${best.turns}, ${best.turnsWithCollections}`.padStart(15),
    String(runs).padStart(4),
  ]
  console.log(`| ${name.padEnd(38)} | ${cells.join(' | ')} |`)
}
if (late > 0) {
  console.error(`${late} of ${names.length} cases keep the event loop for more than ${AIM_MS} ms`)
  process.exitCode = 1
}
