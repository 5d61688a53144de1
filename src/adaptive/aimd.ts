import { reader } from '../options/checks.js'
import {
  type Advice,
  type Algorithm,
  BOUNDS,
  type Bounds,
  type Limits,
  type Sample,
  between,
  brief,
  duration,
  failing,
  isUsed,
  limitsOf,
  percent,
  share,
  within,
} from './algorithm.js'

/** Options of `aimd`. */
export interface AimdOptions extends Bounds {
  /** By what the size is multiplied when there is too much: above 0 and below 1. Default 0.9. */
  backoff?: number | undefined
  /**
   * By how many the size grows with each sample in which all is well: a number above 0, up to 1,000. Default 1. With 4 it
   * grows four times as fast, and goes up and down by more.
   */
  increase?: number | undefined
  /** A p90 of running times above it is too much, in ms. Default: running times do not count. */
  maxRunMs?: number | undefined
  /** A larger part of tasks that fail or time out is too much, from 0 to 1. Default 0.05. */
  maxFailing?: number | undefined
}

const readOptions = reader('the options of aimd', {
  ...BOUNDS,
  backoff: between(0, 0.999),
  increase: between(0, 1_000),
  maxRunMs: duration,
  maxFailing: share,
})

/** AIMD, as a window of TCP: Jacobson, Congestion Avoidance and Control, 1988; and the limit of that name of Netflix' concurrency-limits. */
class Aimd implements Algorithm {
  readonly min: number
  readonly max: number
  readonly #backoff: number
  readonly #increase: number
  readonly #maxRunMs: number
  readonly #maxFailing: number
  /** With its fraction: the capacity is the whole part. */
  #size = 0

  constructor(options: unknown) {
    const { backoff = 0.9, increase = 1, maxRunMs = Infinity, maxFailing = 0.05, ...bounds } = readOptions(options)
    const { min, max } = limitsOf(bounds as Partial<Limits>)
    this.min = min
    this.max = max
    this.#backoff = backoff
    this.#increase = increase
    this.#maxRunMs = maxRunMs
    this.#maxFailing = maxFailing
  }

  next(sample: Sample): Advice {
    const { capacity, run } = sample
    if (Math.floor(this.#size) !== capacity) this.#size = within(this, capacity)
    const part = failing(sample)
    if (part > this.#maxFailing) return this.#become(this.#size * this.#backoff, `${percent(part)} fail or time out`)
    if (run.count > 0 && run.p90 > this.#maxRunMs) {
      return this.#become(this.#size * this.#backoff, `p90 of running ${brief(run.p90)} ms, above ${this.#maxRunMs} ms`)
    }
    if (run.count === 0 || !isUsed(sample)) return { size: Math.floor(this.#size), why: 'it is not used' }
    return this.#become(this.#size + this.#increase, 'all is well, and the pool is full')
  }

  #become(size: number, why: string): Advice {
    this.#size = within(this, size)
    return { size: Math.floor(this.#size), why }
  }
}

/**
 * Additive increase, multiplicative decrease: `increase` more with each sample in which the pool is full and all is well;
 * `backoff` times the size when more than `maxFailing` of the tasks fail or time out, or the p90 of running times is
 * above `maxRunMs`. It is for upstreams that say when it is too much, by errors or by a time that you know.
 *
 * ```js
 * import { adapt, aimd } from 'workpool/adaptive'
 *
 * const pool = Pool.create({ size: 10 })
 * adapt(pool, aimd({ min: 2, max: 100, maxRunMs: 250 }))
 * ```
 *
 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
 */
export const aimd = (options?: AimdOptions): Algorithm => new Aimd(options)
