/**
 * `npm run bench:compare -- --against <commit> [--rounds 7] [--quick] [<question or folder> …]`: is this tree slower than that commit?
 *
 * The commit is checked out and built in `target/compare`. Both are asked by this tree's benchmarks, each case in a process of its own, in
 * turn: old, new, new, old. A machine that slows down does so for both. What counts is the ratio of each pair, and of these the median.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { select } from '../benchmark/questions.mjs'
import { median } from '../benchmark/rounds.mjs'
import { root, run } from './run.mjs'
import { setUp } from './setup.mjs'

/** Closures; threads in flight, one by one, at once; the start; the ways to submit that build on these. */
const USUAL = [
  'closures',
  'shared',
  'map',
  'threads/in-flight',
  'threads/sequential',
  'threads/burst',
  'threads/payloads',
  'threads/cold-start',
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    quick: { type: 'boolean', default: false },
  },
})
if (values.against === undefined) {
  console.error('npm run bench:compare needs --against <commit>')
  process.exit(2)
}

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()

/** A tree of the commit, built, with the benchmarks of this one. */
function checkOut(commit) {
  const tree = join(root, 'target/compare', commit)
  if (!existsSync(tree)) {
    mkdirSync(join(root, 'target/compare'), { recursive: true })
    git('worktree', 'prune')
    git('worktree', 'add', '--detach', tree, commit)
  }
  run(process.execPath, ['scripts/build.mjs'], { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] })
  rmSync(join(tree, 'benchmark'), { recursive: true })
  cpSync(join(root, 'benchmark'), join(tree, 'benchmark'), { recursive: true })
  return tree
}

function measure(tree, question, name, settings) {
  const args = ['benchmark/measure.mjs', question, name, JSON.stringify(settings)]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: tree, encoding: 'utf8', timeout: 300_000 }))
}

/** What is compared: of a case that repeats a run its time, processor time and memory; of another one every time that it measured. */
function figuresOf(round) {
  const keys =
    'meanNs' in round
      ? ['meanNs', 'cpuNs', 'peakRssMb']
      : Object.keys(round).filter((key) => /(Ns|Us|Ms|Mb)$/.test(key))
  return keys.filter((key) => typeof round[key] === 'number')
}

setUp()
const old = checkOut(git('rev-parse', '--short', values.against))
const rounds = Number(values.rounds)
console.log(`new ÷ old, medians of ${rounds} pairs; old is ${values.against}, Node ${process.versions.node}\n`)
console.log('| question | case | figure | old | new | ratio | of the pairs |\n|---|---|---|---:|---:|---:|---|')
for (const question of select(positionals.length > 0 ? positionals : USUAL)) {
  const { cases, full, quick } = await import(`../benchmark/${question}.mjs`)
  const settings = values.quick ? quick : full
  // A question that compares with no peer has only cases of ours, and names them by what differs.
  const isOurs = ({ name }) => name.startsWith('workpool')
  for (const { name } of cases.some(isOurs) ? cases.filter(isOurs) : cases) {
    const pairs = Array.from({ length: rounds }, (_, i) => {
      const ask = (tree) => measure(tree, question, name, settings)
      if (i % 2 === 0) return { before: ask(old), after: ask(root) }
      const after = ask(root)
      return { before: ask(old), after }
    })
    for (const key of figuresOf(pairs[0].before)) {
      const ratios = pairs.map(({ before, after }) => after[key] / before[key])
      const of = (side) => median(pairs.map((pair) => pair[side][key])).toPrecision(4)
      const range = `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`
      console.log(
        `| ${question} | ${name} | ${key} | ${of('before')} | ${of('after')} | ${median(ratios).toFixed(3)} | ${range} |`,
      )
    }
  }
}
