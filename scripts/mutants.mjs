// Breaks one rule of the core after the other in a copy of it, and looks whether its tests fail. A rule whose mutant survives has no
// test; a text that has changed fails at once. `--check` only looks whether every text is there, and `--named` leaves out the model, so
// that each rule needs a test of its own; other arguments choose rules by a part of their name or of their file:
// `node scripts/mutants.mjs rate`.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { env, exit, kill } from 'node:process'
import { fileURLToPath } from 'node:url'

import { measures } from './mutants/measures.mjs'
import { scheduling } from './mutants/scheduling.mjs'
import { tasks } from './mutants/tasks.mjs'

/** A mutant may hang, and a build takes its time. */
const LIMIT = 300_000

const mutants = [...scheduling, ...tasks, ...measures]
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
/** @type {Map<string, string>} */
const sources = new Map()
for (const { rule, file, from } of mutants) {
  const path = join(root, 'crate/core/src', file)
  if (!sources.has(file)) sources.set(file, existsSync(path) ? readFileSync(path, 'utf8') : '')
  const times = sources.get(file).split(from).length - 1
  if (times !== 1) {
    console.error(`${file}: the text of "${rule}" occurs ${times} times`)
    process.exitCode = 1
  }
}
if (process.exitCode || process.argv.includes('--check')) exit()

const copy = join(root, 'target/mutants')
rmSync(join(copy, 'crate'), { recursive: true, force: true })
mkdirSync(copy, { recursive: true })
cpSync(join(root, 'crate/core'), join(copy, 'crate/core'), { recursive: true })
cpSync(join(root, 'Cargo.lock'), join(copy, 'Cargo.lock'))
const workspace = readFileSync(join(root, 'Cargo.toml'), 'utf8').replace(/^members = .*$/m, 'members = ["crate/core"]')
// Of what is built anew for each mutant no more is asked than that it runs.
const profile = '[profile.dev]\ndebug = false\n\n[profile.dev.package."*"]\nopt-level = 3\n'
writeFileSync(join(copy, 'Cargo.toml'), `${workspace}\n${profile}`)

/** How `cargo test` ends: whether it succeeds, and what it says. */
const test = (harness, cases) =>
  new Promise((resolve) => {
    const child = spawn('cargo', ['test', '--package', 'workpool-core', ...harness], {
      cwd: copy,
      // The tests end with cargo, as a group.
      detached: true,
      env: {
        ...env,
        CARGO_TARGET_DIR: join(copy, 'target'),
        PROPTEST_CASES: String(cases),
        PROPTEST_MAX_SHRINK_ITERS: '0',
        RUSTFLAGS: '--allow warnings',
        RUST_BACKTRACE: '0',
      },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
    const timer = setTimeout(() => {
      said += '\n---- (does not end) stdout ----\n'
      kill(-child.pid, 'SIGKILL')
    }, LIMIT)
    child.once('close', (status) => {
      clearTimeout(timer)
      resolve({ succeeds: status === 0, said })
    })
  })

/** @param {number} histories */
const harnesses = (histories) => {
  const named = [
    [['--test', 'behaviour'], 0],
    [['--lib'], 0],
  ]
  return process.argv.includes('--named') ? named : [...named, [['--test', 'model'], histories]]
}

/** The tests that fail; the model, which takes longer, plays so many histories if no other test does. */
const failures = async (histories) => {
  for (const [harness, cases] of harnesses(histories)) {
    const { succeeds, said } = await test(harness, cases)
    if (succeeds) continue
    if (/^error(\[E\d+\])?: (?!test failed|\d+ target)/m.test(said)) return { broken: said }
    const failed = [...said.matchAll(/^---- (.+) stdout ----$/gm)].map(([, name]) => name)
    return { failed: failed.length > 0 ? failed : ['(ends the process)'] }
  }
  return {}
}

const chosen = mutants.filter(
  ({ rule, file }) => words.length === 0 || words.some((word) => `${file} ${rule}`.includes(word)),
)
console.log(`${chosen.length} mutants`)
const sane = await failures(100)
if (sane.broken || sane.failed) {
  console.error(sane.broken ?? `without a mutant these tests fail: ${sane.failed.join(', ')}`)
  exit(1)
}
let survivors = 0
for (const { rule, file, from, to } of chosen) {
  const path = join(copy, 'crate/core/src', file)
  writeFileSync(
    path,
    sources.get(file).replace(from, () => to),
  )
  const { failed, broken } = await failures(2_000)
  writeFileSync(path, sources.get(file))
  if (broken) {
    console.error(`${rule}: does not compile\n${broken}`)
    process.exitCode = 1
  } else if (failed) {
    const others = failed.length > 1 ? ` and ${failed.length - 1} more` : ''
    console.log(`caught    ${rule} – ${failed[0]}${others}`)
  } else {
    survivors += 1
    console.log(`SURVIVES  ${rule} (${file})`)
  }
}
console.log(survivors === 0 ? 'all are caught' : `${survivors} survive`)
if (survivors > 0) process.exitCode = 1
