/**
 * What do jobs cost on each store, and what do ours cost beside bare BullMQ? Each case has a server of its own. A task does nothing, in one of two
 * threads of a ThreadPool, 8 at once; a bare worker calls that pool in its processor. PGlite has no bare form, as BullMQ does not run on what it
 * brings itself.
 */
import { createRequire } from 'node:module'
import { ThreadPool } from 'workpool'
import { Jobs } from 'workpool/jobs'
import { STORES, obstacleOf, startStore } from '../../scripts/servers.mjs'

const require = createRequire(import.meta.url)
const MODES = ['workpool', 'bare BullMQ']

/** @typedef {{ adds: number, jobs: number, answers: number }} Settings */
/** @typedef {{ add(): Promise<unknown>, addMany(count: number): Promise<void>, work(): void, done(): Promise<void>, answer(): Promise<unknown>, close(): Promise<void> }} Subject */

/** @param {string} mode @param {string} store */
const nameOf = (mode, store) => `${store}; ${mode}`

/** @param {string} where @param {any} threads @returns {Promise<Subject>} */
async function workpool(where, threads) {
  const jobs = await Jobs.open(/** @type {any} */ (where), { queue: 'benchmark' })
  return {
    add: () => jobs.add('nothing', 1),
    async addMany(count) {
      await jobs.addAll(Array.from({ length: count }, () => ({ task: 'nothing', argument: 1 })))
    },
    work: () => void jobs.work(threads),
    done: () => jobs.drain(),
    answer: async () => (await jobs.add('nothing', 1)).result(),
    close: () => jobs.close(),
  }
}

/** With the options that ours has by default. @param {string} where @param {any} threads @returns {Promise<Subject>} */
async function bare(where, threads) {
  const { Queue, QueueEvents, Worker, createPostgresBackend, runMigrations } = await import('bullmq')
  const [connection, backend] = where.startsWith('redis')
    ? [{ url: where, maxRetriesPerRequest: null }, undefined]
    : [{ connectionString: where, schema: 'bullmq' }, createPostgresBackend]
  if (backend !== undefined) {
    const { default: pg } = await import('pg')
    const client = new pg.Client(where)
    await client.connect()
    await runMigrations(client, 'bullmq')
    await client.end()
  }
  const last = /** @type {[any, any]} */ ([{ connection }, backend])
  const queue = new Queue('benchmark', ...last)
  const events = new QueueEvents('benchmark', ...last)
  const backoff = { type: 'exponential', delay: 1_000, jitter: 0.5 }
  const options = { attempts: 3, backoff, removeOnComplete: { age: 3_600 }, removeOnFail: { age: 14 * 24 * 3_600 } }
  /** @type {import('bullmq').Worker | undefined} */
  let worker
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
  return {
    add: () => queue.add('nothing', { argument: 1 }, options),
    async addMany(count) {
      await queue.addBulk(
        Array.from({ length: count }, () => ({ name: 'nothing', data: { argument: 1 }, opts: options })),
      )
    },
    work() {
      const process = (/** @type {any} */ job, /** @type {any} */ _token, /** @type {any} */ signal) =>
        threads.run(job.data.argument, { name: job.name, signal })
      const settings = { connection, concurrency: threads.places(), lockDuration: 10_000, stalledInterval: 5_000 }
      worker = new Worker('benchmark', process, /** @type {any} */ (settings), /** @type {any} */ (backend))
    },
    async done() {
      for (;;) {
        const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')
        if (Object.values(counts).every((count) => count === 0)) return
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
    answer: async () => (await queue.add('nothing', { argument: 1 }, options)).waitUntilFinished(events),
    async close() {
      await worker?.close()
      await events.close()
      await queue.close()
    },
  }
}

/** @param {string} mode @param {string} name @param {Settings} settings */
async function measure(mode, name, { adds, jobs, answers }) {
  const store = await startStore(name)
  const threads = ThreadPool.create({ filename: new URL('task.mjs', import.meta.url), size: 2, concurrency: 4 })
  await threads.ready()
  const subject = await (mode === 'workpool' ? workpool : bare)(store.where, threads)
  try {
    // The first are for compilers and caches.
    for (let i = 0; i < adds / 10; i++) await subject.add()
    let start = performance.now()
    const since = () => (performance.now() - start) / 1_000
    for (let i = 0; i < adds; i++) await subject.add()
    const addsPerSecond = adds / since()
    await subject.addMany(jobs)
    start = performance.now()
    subject.work()
    await subject.done()
    const jobsPerSecond = (adds * 1.1 + jobs) / since()
    const times = []
    for (let i = 0; i < answers; i++) {
      start = performance.now()
      await subject.answer()
      times.push(performance.now() - start)
    }
    times.sort((a, b) => a - b)
    const percentile = (/** @type {number} */ share) => /** @type {number} */ (times[Math.floor(share * (answers - 1))])
    return { addsPerSecond, jobsPerSecond, p50: percentile(0.5), p95: percentile(0.95) }
  } finally {
    await subject.close()
    await threads.close()
    await store.close()
  }
}

const PAIRS = STORES.flatMap((store) =>
  MODES.filter((mode) => store !== 'file' || mode === 'workpool').map((mode) => ({ mode, store })),
)

export const cases = PAIRS.map(({ mode, store }) => ({
  name: nameOf(mode, store),
  measure: (/** @type {Settings} */ settings) => measure(mode, store, settings),
}))

export const title = 'Jobs that survive a crash'
export const full = { rounds: 5, adds: 1_000, jobs: 2_000, answers: 200 }
export const quick = { rounds: 1, adds: 50, jobs: 100, answers: 10 }
export const method = (/** @type {Settings & { rounds: number }} */ { rounds, adds, jobs, answers }) =>
  `Medians of ${rounds} interleaved rounds, each with a server and a process of its own: ${adds} jobs added one by one, then ${jobs} at once, which a worker runs; then ${answers} times one job from its addition to its result.`

export const versions = () =>
  Object.fromEntries(['bullmq', 'ioredis', 'pg', '@electric-sql/pglite'].map((name) => [name, versionOf(name)]))
/** @param {string} name */
const versionOf = (name) => {
  const folder = require.resolve.paths(name)?.find((path) => {
    try {
      return require(`${path}/${name}/package.json`)
    } catch {
      return false
    }
  })
  return require(`${folder}/${name}/package.json`).version
}

/** What a machine lacks, by name. */
export const obstacle = () => obstacleOf('redis') ?? obstacleOf('postgres')

const COLUMNS = [
  { key: 'addsPerSecond', label: 'additions', unit: 'per s', digits: 0, isHigherBetter: true },
  { key: 'jobsPerSecond', label: 'jobs', unit: 'per s', digits: 0, isHigherBetter: true },
  { key: 'p50', label: 'add to result, p50', unit: 'ms', digits: 1 },
  { key: 'p95', label: 'add to result, p95', unit: 'ms', digits: 1 },
]

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

/** @param {Summaries} summaries */
export function table(summaries) {
  const head = ['store', 'library', ...COLUMNS.map(({ label, unit }) => `${label}, ${unit}`)]
  const rows = PAIRS.map(({ mode, store }) => {
    const values = /** @type {any} */ (summaries.get(nameOf(mode, store))).values
    return [store, mode, ...COLUMNS.map(({ key, digits }) => values[key].toFixed(digits))]
  })
  return { head, rows }
}

/** @param {Summaries} summaries */
export function contests(summaries) {
  return STORES.filter((store) => store !== 'file').flatMap((store) =>
    COLUMNS.filter(({ key }) => key !== 'p95').map(({ key, label, unit, isHigherBetter = false }) => ({
      label: `${store}, ${label}`,
      unit,
      own: 'workpool',
      isHigherBetter,
      entries: MODES.map((mode) => ({ name: mode, value: summaries.get(nameOf(mode, store))?.values[key] ?? null })),
    })),
  )
}

/** What a pool adds is to be small beside what the store takes. @param {Summaries} summaries */
export function aims(summaries) {
  return ['redis', 'postgres'].map((store) => {
    const rate = (/** @type {string} */ mode) => Number(summaries.get(nameOf(mode, store))?.values['jobsPerSecond'])
    const share = rate('workpool') / rate('bare BullMQ')
    return {
      aim: `${store}: at least 90 % of the jobs per second of bare BullMQ`,
      measured: `${(share * 100).toFixed(0)} %`,
      met: share >= 0.9,
    }
  })
}
