/**
 * What does a bounded no-op async closure cost?
 *
 * 100,000 no-op async closures at concurrency 100, all submitted at once. Every limiter gets the same `task` function, is made
 * afresh for every run, and is used the way its README shows. The floor is what the language itself does: the calls and
 * `Promise.all` over them, unbounded.
 *
 * Tried, and no faster, so not here: async-sema's `capacity: 100_000`, generic-pool's `min: 100`, an async worker for fastq.
 */

const TASKS = 100_000
const CONCURRENCY = 100

const task = async () => {}

/** @typedef {(task: () => Promise<void>) => Promise<unknown>} Submit */
/** @typedef {{ submit: Submit, close?: () => Promise<unknown> }} Limiter */

/** @param {Submit} submit */
function submitAll(submit) {
  return Promise.all(Array.from({ length: TASKS }, () => submit(task)))
}

/**
 * A case loads its library only in the process that measures it, so no case runs beside another's modules.
 *
 * @param {string} name
 * @param {() => Promise<() => Limiter>} load
 */
function limited(name, load) {
  return {
    name,
    tasks: TASKS,
    load: async () => {
      const create = await load()
      return () => {
        // Made inside the timed run: what a limiter costs to make is part of its price, and little beside 100,000 tasks.
        const { submit, close } = create()
        return { settled: submitAll(submit), close }
      }
    },
  }
}

/** The slots are created and nothing else: the price of lending, not of what is lent. */
const makeResource = async () => ({})

export const cases = [
  limited('bare promises', async () => () => ({ submit: (run) => run() })),

  limited('workpool', async () => {
    const { Pool } = await import('workpool')
    return () => {
      const pool = Pool.create({ size: CONCURRENCY })
      return { submit: (run) => pool.submit(run), close: () => pool.close() }
    }
  }),

  limited('p-limit', async () => {
    const { default: pLimit } = await import('p-limit')
    return () => ({ submit: pLimit(CONCURRENCY) })
  }),

  limited('p-queue', async () => {
    const { default: PQueue } = await import('p-queue')
    return () => {
      const queue = new PQueue({ concurrency: CONCURRENCY })
      return { submit: (run) => queue.add(run) }
    }
  }),

  limited('fastq.promise', async () => {
    const { default: fastq } = await import('fastq')
    return () => {
      const queue = fastq.promise((/** @type {() => Promise<void>} */ run) => run(), CONCURRENCY)
      return { submit: (run) => queue.push(run) }
    }
  }),

  limited('async-sema', async () => {
    const { Sema } = await import('async-sema')
    return () => {
      const semaphore = new Sema(CONCURRENCY)
      const submit = async (/** @type {() => Promise<void>} */ run) => {
        await semaphore.acquire()
        try {
          return await run()
        } finally {
          semaphore.release()
        }
      }
      return { submit }
    }
  }),

  limited('workpool, resources', async () => {
    const { Pool } = await import('workpool')
    return () => {
      const pool = Pool.create({ size: CONCURRENCY, init: makeResource })
      return { submit: (run) => pool.submit(run), close: () => pool.close() }
    }
  }),

  limited('generic-pool', async () => {
    const { default: genericPool } = await import('generic-pool')
    return () => {
      const pool = genericPool.createPool({ create: makeResource, destroy: async () => {} }, { max: CONCURRENCY })
      const close = () => pool.drain().then(() => pool.clear())
      return { submit: (run) => pool.use(run), close }
    }
  }),
]

export const title = `${TASKS.toLocaleString('en')} no-op async closures at concurrency ${CONCURRENCY}`
export const full = { rounds: 7, warmupTasks: 300_000, timedTasks: 400_000 }
export const quick = { rounds: 2, warmupTasks: 100_000, timedTasks: 200_000 }

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function table(summaries) {
  const ns = (/** @type {string} */ name) => /** @type {any} */ (summaries.get(name)).medianNs
  const rows = [...summaries.values()].map((summary) => [
    summary.name,
    summary.medianNs.toFixed(0),
    `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
    (summary.medianNs / ns('workpool')).toFixed(2),
    (summary.medianNs / ns('bare promises')).toFixed(2),
    summary.cpuNs.toFixed(0),
    summary.peakRssMb.toFixed(0),
  ])
  return { head: ['case', 'ns per task', 'min – max', '× workpool', '× bare', 'CPU ns per task', 'peak RSS MB'], rows }
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function contests(summaries) {
  const entry = (/** @type {string} */ name) => {
    const { medianNs, minNs, maxNs } = /** @type {any} */ (summaries.get(name))
    return { name, value: medianNs, low: minNs, high: maxNs, isYardstick: name === 'bare promises' }
  }
  const withResources = ['workpool, resources', 'generic-pool']
  const without = [...summaries.keys()].filter((name) => !withResources.includes(name))
  return [
    { label: 'closures, all at once', unit: 'ns per task', own: 'workpool', entries: without.map(entry) },
    {
      label: 'closures with resources',
      unit: 'ns per task',
      own: 'workpool, resources',
      entries: withResources.map(entry),
    },
  ]
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function aims(summaries) {
  const ns = (/** @type {string} */ name) => /** @type {any} */ (summaries.get(name)).medianNs
  const atLeast = (/** @type {number} */ factor, /** @type {string} */ peer, ours = 'workpool') => {
    const ratio = ns(peer) / ns(ours)
    return { aim: `${ours}: at least ${factor}× ${peer}`, measured: `${ratio.toFixed(2)}×`, met: ratio >= factor }
  }
  const overBare = ns('workpool') / ns('bare promises')
  return [
    atLeast(3, 'p-limit'),
    atLeast(5, 'p-queue'),
    atLeast(2, 'fastq.promise'),
    atLeast(2, 'async-sema'),
    atLeast(3, 'generic-pool', 'workpool, resources'),
    { aim: 'workpool: at most 3× the cost of bare promises', measured: `${overBare.toFixed(2)}×`, met: overBare <= 3 },
  ]
}
