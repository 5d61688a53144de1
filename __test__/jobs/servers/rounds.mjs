/** Rounds in which something is killed or away while jobs run, for tests and for `npm run jobs:kill`. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Jobs } from 'workpool/jobs'

const WORKER = fileURLToPath(new URL('../../fixtures/jobs-worker.mjs', import.meta.url))
const LEASE = 5_000
/** How long a task takes, in ms. */
const TASK = 20
/** Nothing takes as long unless it hangs. */
const DEADLINE = 180_000

/** A process that works, with the lines that it prints. */
function startWorker(...args) {
  const child = spawn(process.execPath, [WORKER, ...args.map(String)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (text) => (errors += text))
  const lines = createInterface({ input: child.stdout })
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal, errors }))
  const line = (fits) =>
    new Promise((resolve, reject) => {
      const hear = (text) => fits(text) && resolve(text)
      lines.on('line', hear)
      void exited.then(({ code, signal }) => reject(new Error(`the worker has ended (${code ?? signal}):\n${errors}`)))
    })
  return { child, exited, line, ready: line((text) => text === 'ready') }
}

async function end(worker) {
  worker.child.kill('SIGKILL')
  await worker.exited
}

function within(promise, what) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it has not ended within ${DEADLINE / 1_000} s: ${what}`)), DEADLINE)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** How the starts that were written down go with the results. */
function account(log, results, count) {
  const starts = new Map()
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').map(Number) : []
  for (const number of lines) starts.set(number, (starts.get(number) ?? 0) + 1)
  return {
    jobs: count,
    right: results.filter((result, number) => result === number * 2).length,
    lost: count - new Set(starts.keys()).size,
    startedTwice: [...starts.values()].filter((times) => times > 1).length,
  }
}

/**
 * Two processes work on jobs; `disturb` is called with both when a fifth of the jobs is done. Gives the account, and how long no
 * job was done after that, in ms.
 */
async function round({ where, folder }, count, disturb) {
  const queue = `round-${randomUUID()}`
  const log = join(folder, queue)
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const jobs = await Jobs.open(where, { queue, lease: LEASE, logger: silent })
  const workers = [startWorker(where, queue, LEASE), startWorker(where, queue, LEASE)]
  try {
    await within(Promise.all(workers.map(({ ready }) => ready)), 'the start of the workers')
    const numbers = Array.from({ length: count }, (_, number) => number)
    const added = await jobs.addAll(
      numbers.map((number) => ({ task: 'recorded', argument: { number, log, ms: TASK } })),
    )
    let done = 0
    let isDisturbed = false
    let disturbing
    let [disturbedAt, lastDone, longest] = [0, 0, 0]
    const results = added.map(async (job) => {
      const result = await job.result()
      const now = performance.now()
      if (isDisturbed) longest = Math.max(longest, now - lastDone)
      lastDone = now
      if (++done >= count / 5 && !isDisturbed) {
        isDisturbed = true
        disturbedAt = now
        disturbing = disturb(workers)
      }
      return result
    })
    const all = await within(Promise.all(results), 'the jobs')
    const seconds = (performance.now() - disturbedAt) / 1_000
    await disturbing
    return { ...account(log, all, count), pause: longest / 1_000, seconds }
  } finally {
    await Promise.all(workers.map(end))
    await jobs.close({ timeout: 0 })
  }
}

/** One of two workers is killed. */
export const killRound = (store, count) => round(store, count, async ([one]) => end(one))

/** The server is away. */
export const outageRound = (store, count, ms, how) => round(store, count, () => store.server.outage(ms, how))

/** The process that has the folder is killed, and another one opens it. */
export async function reopenRound({ where, folder }, count) {
  const queue = `round-${randomUUID()}`
  const log = join(folder, queue)
  const args = [where, queue, LEASE, log, count, TASK]
  const first = startWorker(...args)
  let done = 0
  await within(
    first.line((text) => text.startsWith('done') && ++done >= count / 5),
    'a fifth of the jobs',
  )
  await end(first)
  const start = performance.now()
  const second = startWorker(...args)
  await within(second.ready, 'the reopening')
  const pause = (performance.now() - start) / 1_000
  const line = await within(
    second.line((text) => text.startsWith('results')),
    'the jobs',
  )
  await within(second.exited, 'its end')
  const results = JSON.parse(line.slice('results '.length))
  return { ...account(log, results, count), pause, seconds: (performance.now() - start) / 1_000 }
}
