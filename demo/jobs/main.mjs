/**
 * `npm run demo:jobs [-- --store file|redis|postgres]`: 500 Markdown files are rendered by three processes, of which one is killed and one is
 * stopped on the way. At the end every job is accounted for.
 *
 * With a server the three work on one queue, and what the two had comes back when their leases are over. A folder belongs to one process: this
 * one has the jobs, and each of its three threads has a process that renders; what the two had comes back because an attempt has failed.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ThreadPool } from 'workpool'
import { Jobs } from 'workpool/jobs'
import { STORES, startStore } from '../../scripts/servers.mjs'
import { LiveLine } from '../live-line.mjs'
import { account } from './account.mjs'

const JOBS = 500
const PROCESSES = 3
/** When so many jobs are done one process is killed, and then one is stopped. */
const [KILL_AT, STOP_AT] = [100, 200]
/** How long a job may have no sign of life from who works on it, and how long an attempt may take, in ms. */
const LEASE = 4_000

const { values } = parseArgs({ options: { store: { type: 'string', default: 'file' } } })
if (!STORES.includes(values.store)) {
  console.error(`--store is one of ${STORES.join(', ')}`)
  process.exit(1)
}

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

async function markdownFiles() {
  const folder = here('../../node_modules')
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.toLowerCase().endsWith('.md')).map((name) => join(folder, name))
}

/** What is to be ended, whatever happens: the last first. */
const endings = []
const signals = { killed: 'SIGKILL', stopped: 'SIGSTOP' }

/** By process: how many jobs it has done, and what was done to it. */
const processes = new Map()
const of = (pid) => {
  if (!processes.has(pid)) processes.set(pid, { pid, done: 0, fate: undefined })
  return processes.get(pid)
}
let done = 0

/** Does that to the busiest of the processes to which nothing was done yet. */
function strike(fate) {
  const [victim] = [...processes.values()]
    .filter((one) => one.fate === undefined)
    .toSorted((one, other) => other.done - one.done)
  if (victim === undefined) return
  victim.fate = `${fate} after ${victim.done} jobs`
  process.kill(victim.pid, signals[fate])
}

const line = new LiveLine(() => {
  const shares = [...processes.values()].map(
    ({ pid, done, fate }) => `${pid}: ${done}${fate ? ` (${fate.split(' ')[0]})` : ''}`,
  )
  return `${done} of ${JOBS} rendered   ${shares.join('   ')}`
})

async function startWorkers(where, queue, jobs) {
  if (values.store === 'file') {
    const threads = ThreadPool.create({ filename: here('renderers.mjs'), size: PROCESSES, concurrency: 1 })
    endings.push(() => threads.destroy())
    jobs.work(threads)
    return
  }
  const children = Array.from({ length: PROCESSES }, () => fork(here('worker.mjs'), [where, queue, String(LEASE)]))
  for (const child of children) endings.push(() => child.kill('SIGKILL'))
  await Promise.all(
    children.map(
      (child) =>
        new Promise((resolve, reject) => {
          child.once('message', resolve)
          child.once('exit', (code) => reject(new Error(`a worker has ended with ${code}`)))
        }),
    ),
  )
}

async function main() {
  const store = await startStore(values.store)
  endings.push(() => store.close())
  const queue = 'rendering'
  const jobs = await Jobs.open(store.where, { queue, lease: LEASE })
  endings.push(() => jobs.close({ timeout: 0 }))
  console.log(`${JOBS} Markdown files are rendered by ${PROCESSES} processes; the jobs are in ${store.where}`)
  await startWorkers(store.where, queue, jobs)
  const files = await markdownFiles()
  const log = join(store.folder, 'starts')
  const start = performance.now()
  const added = await jobs.addAll(
    Array.from({ length: JOBS }, (_, number) => ({
      task: 'render',
      argument: { path: files[number % files.length], number, log },
      options: { attempts: 5, timeout: LEASE, backoff: { type: 'fixed', delay: 200 } },
    })),
  )
  const outcomes = await Promise.allSettled(
    added.map(async (job) => {
      const result = await job.result()
      done++
      of(result.pid).done++
      if (done === KILL_AT) strike('killed')
      if (done === STOP_AT) strike('stopped')
      return result
    }),
  )
  const seconds = (performance.now() - start) / 1_000
  line.end()
  const starts = readFileSync(log, 'utf8').trim().split('\n').map(Number)
  const { text, isComplete } = account({ outcomes, starts, processes: [...processes.values()], seconds })
  console.log(`\n${text}\n`)
  if (!isComplete) throw new Error('not every job is accounted for')
}

let isQuitting = false
async function quit(exitCode) {
  if (isQuitting) return
  isQuitting = true
  line.end()
  // One that is stopped does not hear that its parent is gone.
  for (const { pid, fate } of processes.values()) if (fate?.startsWith('stopped')) process.kill(pid, 'SIGKILL')
  for (const end of endings.reverse()) await end()
  process.exit(exitCode)
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => void quit(128 + constants.signals[signal]))
}

main().then(
  () => quit(0),
  (error) => {
    if (isQuitting) return
    line.end()
    console.error(error)
    void quit(1)
  },
)
