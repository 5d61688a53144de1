/**
 * What does a batch save?
 *
 * 100,000 tasks handed in at once, as one batch or one by one: no-op async closures over 4 slots, by `submitAll` or by as many `submit`; and calls
 * of an echo with a small integer over one thread, by `runAll` or by as many `run`. In both the results are awaited as one array. One thread,
 * so that the thread and this isolate have a processor each on a machine with two.
 */

import { fileURLToPath } from 'node:url'

const TASKS = 100_000
const SLOTS = 4
const ECHO = fileURLToPath(new URL('../threads/tasks/echo.mjs', import.meta.url))
const AIM = 2

const ITEMS = Array.from({ length: TASKS }, (_, i) => i)
const closures = ITEMS.map(() => async () => {})

/** @typedef {{ settled: Promise<unknown>, close?: () => Promise<unknown> }} Run */

/**
 * Makes its pool once: it is not the start of threads that is measured.
 *
 * @param {string} name
 * @param {() => Promise<() => Promise<unknown>>} load
 */
const handedIn = (name, load) => ({
  name,
  tasks: TASKS,
  load: async () => {
    const run = await load()
    /** @returns {Run} */
    return () => ({ settled: run() })
  },
})

async function ofClosures() {
  const { Pool } = await import('workpool')
  return Pool.create({ size: SLOTS })
}

async function ofThreads() {
  const { ThreadPool } = await import('workpool')
  const pool = ThreadPool.create({ filename: ECHO, size: 1 })
  await pool.ready()
  return pool
}

export const cases = [
  handedIn('submit', async () => {
    const pool = await ofClosures()
    return () => Promise.all(closures.map((task) => pool.submit(task)))
  }),
  handedIn('submitAll', async () => {
    const pool = await ofClosures()
    return () => pool.submitAll(closures)
  }),
  handedIn('run', async () => {
    const pool = await ofThreads()
    return () => Promise.all(ITEMS.map((item) => pool.run(item)))
  }),
  handedIn('runAll', async () => {
    const pool = await ofThreads()
    return () => pool.runAll(ITEMS)
  }),
]

export const title = `${TASKS.toLocaleString('en')} small tasks as one batch, and one by one`
export const full = { rounds: 5, warmupTasks: 300_000, timedTasks: 1_000_000 }
export const quick = { rounds: 1, warmupTasks: 100_000, timedTasks: 300_000 }
export const method = (/** @type {{ rounds: number, timedTasks: number }} */ { rounds, timedTasks }) =>
  `Medians of ${rounds} interleaved rounds; in each, every case runs in a fresh process: warm-up, then the mean over ${timedTasks.toLocaleString('en')} tasks.`

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

/** @param {Summaries} summaries @param {string} name @returns {import('../rounds.mjs').Summary} */
const of = (summaries, name) => /** @type {any} */ (summaries.get(name))

/** How many times as fast the batch is. @param {Summaries} summaries @param {string} single @param {string} batch */
const gain = (summaries, single, batch) => of(summaries, single).medianNs / of(summaries, batch).medianNs

/** @param {Summaries} summaries */
export function table(summaries) {
  const rows = [...summaries.values()].map((summary) => [
    summary.name,
    summary.medianNs.toFixed(0),
    `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
    summary.cpuNs.toFixed(0),
    summary.peakRssMb.toFixed(0),
  ])
  return { head: ['handed in by', 'ns per task', 'min – max', 'CPU ns per task', 'peak RSS MB'], rows }
}

/** @param {Summaries} summaries */
export function contests(summaries) {
  const entry = (/** @type {string} */ name) => {
    const { medianNs, minNs, maxNs } = of(summaries, name)
    return { name, value: medianNs, low: minNs, high: maxNs }
  }
  return [
    { label: 'closures', unit: 'ns per task', own: 'submitAll', entries: ['submitAll', 'submit'].map(entry) },
    { label: 'calls in a thread', unit: 'ns per task', own: 'runAll', entries: ['runAll', 'run'].map(entry) },
  ]
}

/** @param {Summaries} summaries */
export function aims(summaries) {
  const [ofCalls, ofTasks] = [gain(summaries, 'run', 'runAll'), gain(summaries, 'submit', 'submitAll')]
  return [
    { aim: `runAll: at least ${AIM}× as fast as as many run`, measured: `${ofCalls.toFixed(2)}×`, met: ofCalls >= AIM },
    { aim: 'submitAll: at least as fast as as many submit', measured: `${ofTasks.toFixed(2)}×`, met: ofTasks >= 1 },
  ]
}
