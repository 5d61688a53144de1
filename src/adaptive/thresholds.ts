import { outOfRange } from '../base/errors.js'
import { integer, reader } from '../options/checks.js'
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
  limitsOf,
  percent,
  share,
  within,
} from './algorithm.js'

/** Options of `thresholds` and of `thresholds.load`. */
export interface LoadOptions extends Bounds {
  /** It grows if a larger part of the workers is busy: from 0 to 1. Default 0.8. */
  up?: number | undefined
  /** It shrinks if a smaller part is busy: from 0 to 1, below `up`. Default 0.3. The distance to `up` keeps it from swinging. */
  down?: number | undefined
  /** It doubles if more tasks wait: an integer from 0. Default 100. */
  waiting?: number | undefined
  /** By what the size is multiplied when it grows: above 1, up to 10. Default: 2 above 0.9, 1.5 above 0.7, below that 10 workers more. */
  grow?: number | undefined
  /** By what the size is multiplied when it shrinks: above 0, up to 0.99. Default 0.5. */
  shrink?: number | undefined
}

/** Options of `thresholds.latency`. */
export interface LatencyOptions extends Bounds {
  /** One worker more if tasks wait longer on average, in ms. Default 800. */
  waitMs?: number | undefined
  /** Two more if a larger part of the processors is in use: from 0 to 1. Default 0.75. */
  cpuUp?: number | undefined
  /** One less if a smaller part is in use and more than two workers are available: from 0 to 1. Default 0.3. */
  cpuDown?: number | undefined
  /** The use of processors alone does not have it grow beyond that: an integer from 1. Default 16. */
  cpuMax?: number | undefined
  /** Over which time the use of processors is averaged, in ms. Default 5,000. */
  cpuMs?: number | undefined
}

/** Options of `thresholds.cpu`. */
export interface CpuOptions extends Bounds {
  /** Two workers more after `upMs` with more than this part of the processors in use: from 0 to 1. Default 0.8. */
  up?: number | undefined
  /** In ms. Default 30,000. */
  upMs?: number | undefined
  /** One less after `downMs` with less than this part in use: from 0 to 1, below `up`. Default 0.4. */
  down?: number | undefined
  /** In ms. Default 120,000. */
  downMs?: number | undefined
  /** For so long after it has grown, new workers warm up, and what they use does not count, in ms. Default 10,000. */
  warmUpMs?: number | undefined
}

const WHOLE = 'an integer from 0 to 2147483647'

function assertApart(up: number, down: number): void {
  if (down >= up) throw outOfRange('down', down, `below up, ${up}`)
}

/** What all of them have: limits, and the answer to them. */
abstract class Thresholds implements Algorithm {
  readonly min: number
  readonly max: number

  constructor(bounds: object) {
    const { min, max } = limitsOf(bounds as Partial<Limits>)
    this.min = min
    this.max = max
  }

  next(sample: Sample): Advice {
    const { capacity } = sample
    const nearest = within(this, capacity)
    if (nearest !== capacity) return { size: nearest, why: 'within min and max' }
    const { size, why } = this.judge(sample)
    return { size: within(this, size), why }
  }

  protected abstract judge(sample: Sample): Advice
}

const readLoad = reader('the options of thresholds.load', {
  ...BOUNDS,
  up: share,
  down: share,
  waiting: integer(0, WHOLE),
  grow: between(1, 10),
  shrink: between(0, 0.99),
})

class Load extends Thresholds {
  readonly #up: number
  readonly #down: number
  readonly #waiting: number
  readonly #grow: number | undefined
  readonly #shrink: number

  constructor(options: unknown) {
    const { up = 0.8, down = 0.3, waiting = 100, grow, shrink = 0.5, ...bounds } = readLoad(options)
    assertApart(up, down)
    super(bounds)
    this.#up = up
    this.#down = down
    this.#waiting = waiting
    this.#grow = grow
    this.#shrink = shrink
  }

  protected judge({ capacity, busy, waiting, available }: Sample): Advice {
    const load = busy / capacity
    if (waiting > this.#waiting) return { size: 2 * capacity, why: `${waiting} wait, more than ${this.#waiting}` }
    if (load > this.#up) return { size: this.#larger(capacity, load), why: `${percent(load)} are busy` }
    if (load < this.#down && available > capacity / 2) {
      return { size: Math.ceil(capacity * this.#shrink), why: `${percent(load)} are busy` }
    }
    return { size: capacity, why: `${percent(load)} are busy` }
  }

  #larger(capacity: number, load: number): number {
    if (this.#grow !== undefined) return Math.ceil(capacity * this.#grow)
    if (load > 0.9) return 2 * capacity
    return load > 0.7 ? Math.ceil(1.5 * capacity) : capacity + 10
  }
}

const readLatency = reader('the options of thresholds.latency', {
  ...BOUNDS,
  waitMs: duration,
  cpuUp: share,
  cpuDown: share,
  cpuMax: integer(1, 'an integer from 1 to 2147483647'),
  cpuMs: duration,
})

class Latency extends Thresholds {
  readonly #waitMs: number
  readonly #cpuUp: number
  readonly #cpuDown: number
  readonly #cpuMax: number
  readonly #cpuMs: number
  readonly #samples: Sample[] = []

  constructor(options: unknown) {
    const given = readLatency(options)
    const { waitMs = 800, cpuUp = 0.75, cpuDown = 0.3, cpuMax = 16, cpuMs = 5_000, ...bounds } = given
    if (cpuDown >= cpuUp) throw outOfRange('cpuDown', cpuDown, `below cpuUp, ${cpuUp}`)
    super(bounds)
    this.#waitMs = waitMs
    this.#cpuUp = cpuUp
    this.#cpuDown = cpuDown
    this.#cpuMax = cpuMax
    this.#cpuMs = cpuMs
  }

  restart(): void {
    this.#samples.length = 0
  }

  /** The use of processors over the last `cpuMs`; `undefined` until so much is known. */
  #cpu(sample: Sample): number | undefined {
    const samples = this.#samples
    samples.push(sample)
    const begin = sample.now - this.#cpuMs
    while (samples[0]!.now <= begin) samples.shift()
    const [first] = samples
    // Half a sample is near enough, as timers are late.
    if (first!.now - first!.elapsedMs > begin + first!.elapsedMs / 2) return undefined
    const elapsed = samples.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0)
    return samples.reduce((sum, { cpu, elapsedMs }) => sum + cpu * elapsedMs, 0) / elapsed
  }

  protected judge(sample: Sample): Advice {
    const { capacity, wait, available } = sample
    const cpu = this.#cpu(sample)
    if (wait.mean > this.#waitMs) return { size: capacity + 1, why: `tasks wait for ${brief(wait.mean)} ms` }
    if (cpu === undefined) return { size: capacity, why: 'the use of processors is not known yet' }
    const why = `${percent(cpu)} of the processors are in use`
    if (cpu > this.#cpuUp) return { size: Math.max(capacity, Math.min(capacity + 2, this.#cpuMax)), why }
    if (cpu < this.#cpuDown && available > 2) return { size: capacity - 1, why }
    return { size: capacity, why }
  }
}

const readCpu = reader('the options of thresholds.cpu', {
  ...BOUNDS,
  up: share,
  upMs: duration,
  down: share,
  downMs: duration,
  warmUpMs: duration,
})

class Cpu extends Thresholds {
  readonly #up: number
  readonly #upMs: number
  readonly #down: number
  readonly #downMs: number
  readonly #warmUpMs: number
  /** For how long it has been above `up`, or below `down`. */
  #aboveMs = 0
  #belowMs = 0
  #warmAt = -Infinity

  constructor(options: unknown) {
    const given = readCpu(options)
    const { up = 0.8, upMs = 30_000, down = 0.4, downMs = 120_000, warmUpMs = 10_000, ...bounds } = given
    assertApart(up, down)
    super(bounds)
    this.#up = up
    this.#upMs = upMs
    this.#down = down
    this.#downMs = downMs
    this.#warmUpMs = warmUpMs
  }

  restart(): void {
    this.#aboveMs = 0
    this.#belowMs = 0
    this.#warmAt = -Infinity
  }

  protected judge({ capacity, cpu, elapsedMs, now }: Sample): Advice {
    if (now - elapsedMs < this.#warmAt) return { size: capacity, why: 'new workers warm up' }
    this.#aboveMs = cpu > this.#up ? this.#aboveMs + elapsedMs : 0
    this.#belowMs = cpu < this.#down ? this.#belowMs + elapsedMs : 0
    const why = `${percent(cpu)} of the processors are in use`
    if (this.#aboveMs >= this.#upMs) {
      this.restart()
      this.#warmAt = now + this.#warmUpMs
      return { size: capacity + 2, why: `${why}, for ${brief(this.#upMs)} ms more than ${percent(this.#up)}` }
    }
    if (this.#belowMs >= this.#downMs) {
      this.restart()
      return { size: capacity - 1, why: `${why}, for ${brief(this.#downMs)} ms less than ${percent(this.#down)}` }
    }
    return { size: capacity, why }
  }
}

/** What `thresholds` is: a function, with three recipes. */
export interface ThresholdsFunction {
  (options?: LoadOptions): Algorithm
  /**
   * By how many workers are busy. Above `up` it grows: by what `grow` says, or else to twice the size if more than 0.9 are busy, to 1.5 times
   * if more than 0.7, and by 10 otherwise. If more than `waiting` tasks wait, it doubles. Below `down`, with more than half
   * of the workers available, it halves. With `{ every: 1_000, step: 100 }` it changes by at most 100 per second.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  load(options?: LoadOptions): Algorithm
  /**
   * By how long tasks wait, and by the use of processors. If tasks wait for more than `waitMs` on average, one worker more. Or else, if more
   * than `cpuUp` of the processors were in use over `cpuMs`, two more, up to `cpuMax`; if less than `cpuDown` and more than two workers
   * are available, one less. Meant for a sample each second.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  latency(options?: LatencyOptions): Algorithm
  /**
   * By the use of processors alone: two workers more after `upMs` above `up`, one less after `downMs` below `down`. For `warmUpMs` after it
   * has grown, nothing counts.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  cpu(options?: CpuOptions): Algorithm
}

/**
 * Rules with fixed numbers, as operators write them: `thresholds(…)` is `thresholds.load(…)`, and `thresholds.latency` and `thresholds.cpu`
 * are two more. They do what they say, and do not look at whether it helps.
 *
 * ```js
 * import { adapt, thresholds } from 'workpool/adaptive'
 *
 * const pool = Pool.create({ size: 10 })
 * adapt(pool, thresholds.load({ min: 10, max: 1_000 }), { cooldown: 10_000, step: 100 })
 * ```
 */
export const thresholds: ThresholdsFunction = Object.assign((options?: LoadOptions): Algorithm => new Load(options), {
  load: (options?: LoadOptions): Algorithm => new Load(options),
  latency: (options?: LatencyOptions): Algorithm => new Latency(options),
  cpu: (options?: CpuOptions): Algorithm => new Cpu(options),
})
