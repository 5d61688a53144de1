/**
 * Who limits how many tasks start in a time, each behind the same face, and used the way its README shows.
 *
 * p-throttle and async-sema's `RateLimit` limit starts and nothing else; the others run 100 at a time as well. p-queue and p-throttle count
 * by fixed windows unless they are told to be strict. bottleneck refills its reservoir at fixed times.
 */

/** @typedef {(task: () => Promise<void>) => Promise<unknown>} Submit */
/** @typedef {{ limit: number, interval: number }} Rate ms */

const CONCURRENCY = 100

/** @type {Record<string, (rate: Rate) => Promise<Submit>>} */
const LIMITERS = {
  workpool: async (rate) => {
    const { Pool } = await import('workpool')
    const pool = Pool.create({ size: CONCURRENCY, rate })
    return (task) => pool.submit(task)
  },
  'p-queue': (rate) => pQueue(rate, false),
  'p-queue, strict': (rate) => pQueue(rate, true),
  'p-throttle': (rate) => pThrottle(rate, false),
  'p-throttle, strict': (rate) => pThrottle(rate, true),
  'async-sema.RateLimit': async ({ limit, interval }) => {
    const { RateLimit } = await import('async-sema')
    const mayStart = RateLimit(limit, { timeUnit: interval })
    return async (task) => {
      await mayStart()
      return task()
    }
  },
  bottleneck: async ({ limit, interval }) => {
    const { default: Bottleneck } = await import('bottleneck')
    const limiter = new Bottleneck({
      maxConcurrent: CONCURRENCY,
      reservoir: limit,
      reservoirRefreshAmount: limit,
      reservoirRefreshInterval: interval,
    })
    return (task) => limiter.schedule(task)
  },
}

/** @param {Rate} rate @param {boolean} strict */
async function pQueue({ limit, interval }, strict) {
  const { default: PQueue } = await import('p-queue')
  const queue = new PQueue({ concurrency: CONCURRENCY, intervalCap: limit, interval, strict })
  return (/** @type {() => Promise<void>} */ task) => queue.add(task)
}

/** @param {Rate} rate @param {boolean} strict */
async function pThrottle({ limit, interval }, strict) {
  const { default: createThrottle } = await import('p-throttle')
  return createThrottle({ limit, interval, strict })((/** @type {() => Promise<void>} */ task) => task())
}

export const LIBRARIES = Object.keys(LIMITERS)

/** @param {string} library @param {Rate} rate */
export const open = (library, rate) => /** @type {(rate: Rate) => Promise<Submit>} */ (LIMITERS[library])(rate)
