/**
 * `npm run chaos [-- --seconds 60 --isolates 2 --seed 1 --patience 120]`: thread pools under fast, slow, spinning, failing, exiting,
 * hungry, aborted and timed-out tasks while they are tuned. Prints what happened; fails if a promise did not settle as it may. What is
 * still open `patience` seconds after the last submit is printed, too; a process that cannot even say so is ended, and its threads are
 * listed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'

/** How much longer than its own patience the process has, in s: as long as it takes to say what is open. */
const GRACE = 30

const args = process.argv.slice(2)
const { values } = parseArgs({
  args,
  options: {
    seconds: { type: 'string', default: '60' },
    isolates: { type: 'string' },
    seed: { type: 'string' },
    patience: { type: 'string', default: '120' },
  },
})

/** What the threads of a process do: name, state and ticks of processor time, as Linux tells them. One that sleeps waits; one whose ticks grow spins. */
function threadsOf(pid) {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return []
  return readdirSync(tasks).map((thread) => {
    const stat = readFileSync(join(tasks, thread, 'stat'), 'utf8')
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${name} ${fields[0]} ${Number(fields[11]) + Number(fields[12])}`
  })
}

setUp()
const chaos = spawn(process.execPath, ['__test__/fixtures/chaos.mjs', ...args], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const limit = Number(values.seconds) + Number(values.patience) + GRACE
const problems = []
const timer = setTimeout(() => {
  problems.push(`it was ended after ${limit} s; its threads: ${threadsOf(chaos.pid).join(', ')}`)
  chaos.kill('SIGKILL')
}, limit * 1_000)
const [stdout, [code]] = await Promise.all([text(chaos.stdout), once(chaos, 'exit')])
clearTimeout(timer)
process.stdout.write(stdout)
if (code !== 0 && problems.length === 0) problems.push(`it ended with exit code ${code}`)
for (const problem of problems) console.error(problem)
if (problems.length > 0 || JSON.parse(stdout).problems.length > 0) process.exitCode = 1
