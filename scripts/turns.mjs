// How long the event loop is kept from turning when very much becomes due at once: the cases of __test__/fixtures/turns.mjs,
// each in a process of its own, up to three times, within a budget of time. Prints the median of the longest turns, and fails
// if one is above the aim. Arguments are names of cases: `node scripts/turns.mjs release tune`.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const AIM_MS = 20
const ROUNDS = 3
const BUDGET_MS = 85_000
const COUNT = 1_000_000
/**
 * With so much room for young objects there are few collections, and most cases have none: what is taken off a turn for
 * them cannot hide what is ours.
 */
const FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256']
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

const median = (numbers) => numbers.toSorted((one, other) => one - other)[numbers.length >> 1]

const known = run()
const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !known.includes(name))
if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}; there are: ${known.join(', ')}`)
const names = chosen.length > 0 ? chosen : known

const endsAt = performance.now() + BUDGET_MS
const results = new Map(names.map((name) => [name, []]))
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, runs] of results) {
    // Every case has one run.
    if (round === 0 || performance.now() < endsAt) runs.push(run(name, String(counts[name] ?? COUNT)))
  }
}

const ms = (number) => number.toFixed(1).padStart(8)
console.log(`| longest turn, ms                     | without GC |  with GC | by the clock | the call | runs |`)
console.log(`|--------------------------------------|-----------:|---------:|-------------:|---------:|-----:|`)
let late = 0
for (const [name, runs] of results) {
  const of = (field) => median(runs.map((each) => each[field]))
  if (of('turnMs') > AIM_MS) late++
  const cells = [
    `  ${ms(of('turnMs'))}`,
    ms(of('withCollectionsMs')),
    `    ${ms(of('wallMs'))}`,
    ms(of('callMs')),
    String(runs.length).padStart(4),
  ]
  console.log(`| ${name.padEnd(36)} | ${cells.join(' | ')} |`)
}
if (late > 0) {
  console.error(`${late} of ${names.length} cases keep the event loop for more than ${AIM_MS} ms`)
  process.exitCode = 1
}
