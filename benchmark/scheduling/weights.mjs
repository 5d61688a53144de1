/**
 * What does a task cost that takes more than one slot?
 *
 * 100,000 no-op async closures that weigh 1 to 8, over 100 slots, submitted all at once. The peers are async-mutex, from whose semaphore one may take
 * several tokens at a time, and bottleneck, whose jobs wait for timers, so that it gets 200 of them. async-mutex moves its whole queue for
 * every task, so it gets 20,000, which is less than half as long for each. What the tasks cost us when each weighs 1 is a yardstick.
 */

const TASKS = 100_000
const TASKS_OF_MUTEX = 20_000
const TASKS_OF_BOTTLENECK = 200
const SLOTS = 100
const MOST = 8
const UNWEIGHTED = 'workpool, all of weight 1'

const task = async () => {}
/** The same mix for all: 1, 2, …, 8, again and again. @param {number} i */
const weightOf = (i) => 1 + (i % MOST)

/** @typedef {(task: () => Promise<void>, weight: number) => Promise<unknown>} Submit */

/**
 * @param {string} name
 * @param {number} tasks
 * @param {() => Promise<() => { submit: Submit, close?: () => Promise<unknown> }>} load
 */
const weighted = (name, tasks, load) => ({
  name,
  tasks,
  share: tasks / TASKS,
  load: async () => {
    const create = await load()
    return () => {
      const { submit, close } = create()
      return { settled: Promise.all(Array.from({ length: tasks }, (_, i) => submit(task, weightOf(i)))), close }
    }
  },
})

export const cases = [
  weighted(UNWEIGHTED, TASKS, async () => {
    const { Pool } = await import('workpool')
    return () => {
      const pool = Pool.create({ size: SLOTS })
      return { submit: (run) => pool.submit(run), close: () => pool.close() }
    }
  }),

  weighted('workpool', TASKS, async () => {
    const { Pool } = await import('workpool')
    return () => {
      const pool = Pool.create({ size: SLOTS })
      return { submit: (run, weight) => pool.submit(run, { weight }), close: () => pool.close() }
    }
  }),

  weighted('async-mutex', TASKS_OF_MUTEX, async () => {
    const { Semaphore } = await import('async-mutex')
    return () => {
      const semaphore = new Semaphore(SLOTS)
      return { submit: (run, weight) => semaphore.runExclusive(run, weight) }
    }
  }),

  weighted('bottleneck', TASKS_OF_BOTTLENECK, async () => {
    const { default: Bottleneck } = await import('bottleneck')
    return () => {
      const limiter = new Bottleneck({ maxConcurrent: SLOTS })
      return { submit: (run, weight) => limiter.schedule({ weight }, run) }
    }
  }),
]

export const title = `${TASKS.toLocaleString('en')} no-op async closures of weight 1 to ${MOST} over ${SLOTS} slots`
export const full = { rounds: 3, warmupTasks: 100_000, timedTasks: 300_000 }
export const quick = { rounds: 1, warmupTasks: 100_000, timedTasks: 100_000 }
export const method = (/** @type {{ rounds: number, timedTasks: number }} */ { rounds, timedTasks }) =>
  `Medians of ${rounds} interleaved rounds; in each, every case runs in a fresh process: warm-up, then the mean over ${timedTasks.toLocaleString('en')} tasks; of async-mutex ${(timedTasks * TASKS_OF_MUTEX) / TASKS}, of bottleneck ${(timedTasks * TASKS_OF_BOTTLENECK) / TASKS}.`

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

/** @param {Summaries} summaries @param {string} name @returns {import('../rounds.mjs').Summary} */
const of = (summaries, name) => /** @type {any} */ (summaries.get(name))

/** @param {Summaries} summaries */
export function table(summaries) {
  const rows = [...summaries.values()].map((summary) => [
    summary.name,
    summary.medianNs.toFixed(0),
    `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
    (summary.medianNs / of(summaries, 'workpool').medianNs).toFixed(2),
    summary.cpuNs.toFixed(0),
    summary.peakRssMb.toFixed(0),
  ])
  return { head: ['case', 'ns per task', 'min – max', '× workpool', 'CPU ns per task', 'peak RSS MB'], rows }
}

/** @param {Summaries} summaries */
export function contests(summaries) {
  const entries = [...summaries.values()].map(({ name, medianNs, minNs, maxNs }) => ({
    name,
    value: medianNs,
    low: minNs,
    high: maxNs,
    isYardstick: name === UNWEIGHTED,
  }))
  return [{ label: `weights 1 to ${MOST}`, unit: 'ns per task', own: 'workpool', entries }]
}

/** @param {Summaries} summaries */
export function aims(summaries) {
  const ratio = of(summaries, 'async-mutex').medianNs / of(summaries, 'workpool').medianNs
  return [{ aim: 'workpool: at least as fast as async-mutex', measured: `${ratio.toFixed(2)}×`, met: ratio >= 1 }]
}
