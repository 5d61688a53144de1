/**
 * `npm run memory [-- --tasks 1000000] [-- <part of a kind>]`: what tasks leave behind that end in another way than with a result. Each kind has a
 * process of its own; heap and RSS may be 5 MB above what they were before, not more.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'

const MOST_MB = 5

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tasks: { type: 'string', default: '1000000' } },
})

/** A young generation that may grow would hide what grows otherwise. */
function ask(...args) {
  const nodeArgs = ['--expose-gc', '--max-semi-space-size=1', '__test__/fixtures/memory.mjs']
  const { stdout, stderr, status } = spawnSync(process.execPath, [...nodeArgs, ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 600_000,
  })
  if (status === 0) return JSON.parse(stdout)
  process.stderr.write(stderr)
  return { problem: `it ended with ${status}` }
}

function problemOf({ problem, before, after, odd }) {
  if (problem !== undefined) return problem
  if (odd.length > 0) return `a task ended with ${odd.join(', ')}`
  const grown = ['heapMb', 'rssMb'].filter((key) => after[key] - before[key] > MOST_MB)
  return grown.length === 0 ? undefined : `${grown.join(' and ')} grew by more than ${MOST_MB} MB`
}

setUp()
for (const kind of ask().filter((each) => positionals.every((part) => each.includes(part)))) {
  const start = performance.now()
  const result = ask(kind, values.tasks)
  const problem = problemOf(result)
  const seconds = ((performance.now() - start) / 1_000).toFixed(1)
  const held = (key) =>
    result.problem === undefined ? `${result.before[key].toFixed(1)} → ${result.after[key].toFixed(1)} MB` : ''
  console.log(
    `${problem === undefined ? 'ok' : 'NOT OK'}  ${kind}: heap ${held('heapMb')}, RSS ${held('rssMb')}, ${seconds} s${problem === undefined ? '' : ` – ${problem}`}`,
  )
  if (problem !== undefined) process.exitCode = 1
}
