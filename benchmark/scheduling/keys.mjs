/**
 * What does a limit per tenant cost, and what is left of the tenants afterwards?
 *
 * 100,000 no-op async closures, submitted all at once: 100 at a time, and of one key 10 at a time. All of them are of one key, or spread
 * evenly over 100 keys, or each has a key of its own. Each run has keys that no run before had, as a service does that sees ever new
 * tenants; the limiter is the same one in all runs. What is left is the heap after a collection, against the heap after the warm-up.
 *
 * Peers: a `Map` of p-limits, which forgets a key when nothing of it is left, around one p-limit for all. And bottleneck's `Group`, without
 * a limit for all, which makes it several times as slow. A job of bottleneck waits for timers, so it gets 200 tasks, and in the last case as
 * many keys. It forgets a key that nobody has used for five minutes, its default.
 */
import { heldMb, peakRssMb } from '../memory.mjs'

const TASKS = 100_000
const CONCURRENCY = 100
const PER_KEY = 10
const KEYS = [1, 100, 100_000]
/** A run of all tasks would take it minutes. */
const TASKS_OF_BOTTLENECK = 200

const task = async () => {}

/** @typedef {(task: () => Promise<void>, key: string) => Promise<unknown>} Submit */

/** @type {Record<string, () => Promise<Submit>>} */
const LIMITERS = {
  workpool: async () => {
    const { Pool } = await import('workpool')
    const pool = Pool.create({ size: CONCURRENCY, perKey: PER_KEY })
    return (run, key) => pool.submit(run, { key })
  },

  'p-limit': async () => {
    const { default: pLimit } = await import('p-limit')
    const all = pLimit(CONCURRENCY)
    /** @type {Map<string, import('p-limit').LimitFunction>} */
    const limits = new Map()
    return async (run, key) => {
      let limit = limits.get(key)
      if (limit === undefined) limits.set(key, (limit = pLimit(PER_KEY)))
      try {
        return await limit(() => all(run))
      } finally {
        if (limit.activeCount + limit.pendingCount === 0) limits.delete(key)
      }
    }
  },

  'bottleneck.Group': async () => {
    const { default: Bottleneck } = await import('bottleneck')
    const group = new Bottleneck.Group({ maxConcurrent: PER_KEY })
    return (run, key) => group.key(key).schedule(run)
  },
}

/** @typedef {{ warmupRuns: number, timedRuns: number }} Settings */

/** @param {keyof typeof LIMITERS} library @param {number} keys @param {Settings} settings */
async function measure(library, keys, { warmupRuns, timedRuns }) {
  const submit = await LIMITERS[library]()
  const length = library === 'bottleneck.Group' ? TASKS_OF_BOTTLENECK : TASKS
  const run = (/** @type {number} */ number) =>
    Promise.all(Array.from({ length }, (_, i) => submit(task, `${number}/${i % keys}`)))
  for (let i = 0; i < warmupRuns; i++) await run(i)
  const heldBefore = await heldMb()
  // What that collection cost is not the limiter's to pay.
  await run(warmupRuns)

  const began = performance.now()
  const cpuBefore = process.cpuUsage()
  for (let i = 0; i < timedRuns; i++) await run(warmupRuns + 1 + i)
  const { user, system } = process.cpuUsage(cpuBefore)
  const ms = performance.now() - began
  const tasks = length * timedRuns
  return {
    taskNs: (ms * 1e6) / tasks,
    cpuNs: ((user + system) * 1e3) / tasks,
    peakRssMb: peakRssMb(),
    leftMb: Math.max(0, (await heldMb()) - heldBefore),
  }
}

const LIBRARIES = Object.keys(LIMITERS)
const inWords = (/** @type {number} */ keys) => `${keys.toLocaleString('en')} ${keys === 1 ? 'key' : 'keys'}`
/** @param {string} library @param {number} keys */
const nameOf = (library, keys) => `${library}; ${inWords(keys)}`

export const cases = LIBRARIES.flatMap((library) =>
  KEYS.map((keys) => ({
    name: nameOf(library, keys),
    measure: (/** @type {Settings} */ settings) => measure(library, keys, settings),
  })),
)

export const title = `${TASKS.toLocaleString('en')} no-op async closures, ${CONCURRENCY} at a time, ${PER_KEY} of one key`
export const full = { rounds: 3, warmupRuns: 1, timedRuns: 2 }
export const quick = { rounds: 1, warmupRuns: 1, timedRuns: 1 }
export const method = (/** @type {Settings & { rounds: number }} */ { rounds, timedRuns }) =>
  `Medians of ${rounds} interleaved rounds; in each, every case runs in a fresh process: warm-up, then ${timedRuns} times ${TASKS.toLocaleString('en')} tasks; of bottleneck, ${TASKS_OF_BOTTLENECK} tasks and at most as many keys.`

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

/** @param {Summaries} summaries @param {string} library @param {number} keys @returns {any} */
const valuesOf = (summaries, library, keys) => summaries.get(nameOf(library, keys))?.values

/** @param {Summaries} summaries */
export function table(summaries) {
  const head = ['case', 'ns per task', '× one key', 'CPU ns per task', 'peak RSS MB', 'left MB']
  const rows = LIBRARIES.flatMap((library) =>
    KEYS.map((keys) => {
      const { taskNs, cpuNs, peakRssMb, leftMb } = valuesOf(summaries, library, keys)
      const overOne = (taskNs / valuesOf(summaries, library, 1).taskNs).toFixed(2)
      return [
        nameOf(library, keys),
        taskNs.toFixed(0),
        overOne,
        cpuNs.toFixed(0),
        peakRssMb.toFixed(0),
        leftMb.toFixed(1),
      ]
    }),
  )
  return { head, rows }
}

/** @param {Summaries} summaries */
export function contests(summaries) {
  const entriesOf = (/** @type {number} */ keys, /** @type {string} */ reading) =>
    LIBRARIES.map((library) => ({ name: library, value: valuesOf(summaries, library, keys)[reading] }))
  return [
    ...KEYS.map((keys) => ({
      label: inWords(keys),
      unit: 'ns per task',
      own: 'workpool',
      entries: entriesOf(keys, 'taskNs'),
    })),
    {
      label: `${inWords(MOST)}, peak RSS`,
      unit: 'MB',
      own: 'workpool',
      // Who gets fewer tasks needs less for them.
      entries: entriesOf(MOST, 'peakRssMb').filter(({ name }) => name !== 'bottleneck.Group'),
    },
  ]
}

const MOST = Math.max(...KEYS)
/** What a heap is larger or smaller by from one collection to the next. */
const NOISE_MB = 1

/** @param {Summaries} summaries */
export function aims(summaries) {
  const [one, most] = [1, MOST].map((keys) => valuesOf(summaries, 'workpool', keys))
  const growth = most.taskNs / one.taskNs
  return [
    { aim: `${inWords(MOST)}: at most 3× the time of one key`, measured: `${growth.toFixed(2)}×`, met: growth <= 3 },
    {
      aim: `${inWords(MOST)}: nothing of them is left (${NOISE_MB} MB is noise)`,
      measured: `${most.leftMb.toFixed(1)} MB`,
      met: most.leftMb <= NOISE_MB,
    },
  ]
}
