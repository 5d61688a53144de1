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
  failing,
  isUsed,
  limitsOf,
  percent,
  within,
} from './algorithm.js'
import { FEWEST, Gathering } from './gathering.js'
import { Descent, RunningTrial, type Trial, nextRatio } from './trial.js'

/** Options of `gradient`. */
export interface GradientOptions extends Bounds {
  /**
   * Most of the way to the size that a sample speaks for, that it goes at once: above 0, up to 1. Default 0.5. It goes less far if
   * the sample has few tasks.
   */
  smoothing?: number | undefined
  /**
   * The number of tasks over which the short average of running times reaches: an integer from 100 to 1,000,000. Default 1,000. More make it
   * calmer and slower.
   */
  window?: number | undefined
  /**
   * A larger or smaller size by this part is tried out now and then: above 0, up to 0.5. Default 0.1. It is one worker at least.
   */
  probe?: number | undefined
  /** So many samples are between two such trials: an integer from 2 to 1,000. Default 8. */
  probeEvery?: number | undefined
}

/** A sample of which more tasks have failed says nothing about time: what fails, fails sooner or later than what works. */
const MOST_FAILING = 0.1
/** A gradient below this after a fall that should have mended it: it was no queue. */
const UNMENDED = 0.75
/** Above this share of running times that is waiting, there is no headroom. With few tasks it is more, as chance is. */
const fadeOf = (tasks: number): number => 0.1 + 1.5 / Math.sqrt(tasks)
/** A running time that so many times exceeds the average is no chance, but something new. */
const surpriseOf = (tasks: number): number => 1.5 + 3 / Math.sqrt(tasks)
/** How far a probe down moves the long average. */
const LEARN = 0.4
/** After so many samples without a queue it looks for a larger size. */
const CLEAR_SAMPLES = 4

/**
 * Gradient2 of Netflix' concurrency-limits, with other answers to two questions.
 *
 * How long does a task run if nothing queues? Gradient2 takes the average of the last 600 samples. If the pool is full all the time,
 * there is no such sample among them, and the average follows the queue that the limit itself lets in. Here the long average learns
 * only from sizes that were tried out: a probe down tells it how long tasks run with less company; a probe up tells that throughput
 * still grows, so nothing queues.
 *
 * How much may queue? Gradient2 has the limit settle where a headroom of √limit queues, which for 10 slots is a third of all.
 * Here less of it is given the more queues, so it grows by √limit and settles at some 5 to 10 %.
 */
class Gradient implements Algorithm {
  readonly min: number
  readonly max: number
  readonly #smoothing: number
  readonly #window: number
  readonly #probe: number
  readonly #probeEvery: number
  /** With its fraction. */
  #size = 0
  /** What was asked for last. */
  #asked = 0
  /** How long tasks run alone, in ms; 0 = nothing is known. */
  #long = 0
  /** How long they run now, over `#tasks` tasks. 0 = begins anew. */
  #short = 0
  #tasks = 0
  readonly #gathering = new Gathering()
  #sinceProbe = 0
  #clear = 0
  #wasUp = false
  #trial: RunningTrial | undefined
  #descent: Descent | undefined
  /** The throughput at the first of two samples in a row that are far too slow. */
  #tooSlow: number | undefined

  constructor(options: unknown) {
    const { smoothing = 0.5, window = 1_000, probe = 0.1, probeEvery = 8, ...bounds } = readOptions(options)
    const { min, max } = limitsOf(bounds as Partial<Limits>)
    this.min = min
    this.max = max
    this.#smoothing = smoothing
    this.#window = window
    this.#probe = probe
    this.#probeEvery = probeEvery
  }

  restart(): void {
    this.#short = 0
    this.#tasks = 0
    this.#sinceProbe = 0
    this.#clear = 0
    this.#trial = undefined
    this.#descent = undefined
    this.#tooSlow = undefined
  }

  next(latest: Sample): Advice {
    const sample = this.#gathering.add(latest)
    const { capacity, run, elapsedMs } = sample
    if (this.#asked !== capacity) {
      this.restart()
      this.#size = within(this, capacity)
      if (this.#size !== capacity) return this.#ask('within min and max')
      this.#asked = capacity
    }
    if (run.count < FEWEST) return this.#ask(`${run.count} tasks are too few to tell`)
    if (failing(sample) > MOST_FAILING) return this.#ask(`${percent(failing(sample))} fail, so times say nothing`)
    if (!isUsed(sample)) {
      // As many as came ran without a queue of their own.
      this.restart()
      this.#size = capacity
      if (this.#long > 0) this.#long += 0.1 * (run.mean - this.#long)
      return this.#ask('it is not used')
    }
    if (this.#long === 0) this.#descent ??= new Descent()
    if (this.#descent !== undefined) return this.#descend(this.#descent, sample)
    if (this.#trial !== undefined) return this.#try(this.#trial, sample)
    this.#average(sample)
    const gradient = Math.min(1, this.#long / this.#short)
    if (gradient < UNMENDED && this.#tooSlow !== undefined) {
      this.#descent = new Descent(sample, this.#tooSlow)
      this.#tooSlow = undefined
      return this.#halve(capacity, 'a smaller size made it no faster, so it looks for the time of a task anew')
    }
    this.#tooSlow = gradient < UNMENDED ? run.count / elapsedMs : undefined
    return this.#probing(capacity, gradient) ?? this.#move(sample, gradient)
  }

  #ask(why: string): Advice {
    this.#asked = Math.round(this.#size)
    return { size: this.#asked, why }
  }

  // ── how long tasks run ──────────────────────────────────────────────────────────────────────────────────────────

  #average({ run }: Sample): void {
    const isNew = this.#short === 0
    const surprise = surpriseOf(run.count)
    const isOther = run.mean > Math.max(surprise * this.#short, 1.3 * this.#long) || run.mean < this.#short / surprise
    this.#tasks = isNew || isOther ? run.count : Math.min(this.#window, this.#tasks + run.count)
    const weight = run.count / Math.max(this.#tasks, 2 * run.count)
    this.#short = isNew || isOther ? run.mean : this.#short + weight * (run.mean - this.#short)
    // Nothing is faster than a task that is alone.
    if (this.#short < (0.96 - 1 / Math.sqrt(this.#tasks)) * this.#long) this.#long = this.#short
  }

  #descend(descent: Descent, sample: Sample): Advice {
    const { capacity } = sample
    if (!descent.add(sample, this.min)) return this.#halve(capacity, 'it looks for how long a task runs alone')
    this.restart()
    this.#long = descent.runMs
    this.#size = within(this, Math.round(Math.max(capacity, descent.size)))
    const why = `a task runs for ${brief(this.#long)} ms alone`
    this.#tryUp(this.#size / this.#long, this.#size <= 8 ? 2 : 1 + this.#probe, 0)
    return this.#ask(why)
  }

  #halve(capacity: number, why: string): Advice {
    this.#size = within(this, Math.min(capacity - 1, Math.round(capacity / 2)))
    return this.#ask(why)
  }

  // ── sizes that are tried out ────────────────────────────────────────────────────────────────────────────────────

  #tryUp(throughput: number, ratio: number, won: number): void {
    const from = Math.round(this.#size)
    this.#size = within(this, Math.max(from + 1, Math.round(from * ratio)))
    this.#begin({ kind: 'up', from, throughput, ratio, won })
  }

  #begin(trial: Trial): void {
    this.#sinceProbe = 0
    this.#clear = 0
    this.#trial = Math.round(this.#size) === trial.from ? undefined : new RunningTrial(trial)
  }

  #probing(capacity: number, gradient: number): Advice | undefined {
    this.#sinceProbe++
    // Half of what queues where it settles.
    const little = 0.5 / (Math.sqrt(this.#size) + 1 / fadeOf(this.#tasks))
    this.#clear = 1 - gradient < little ? this.#clear + 1 : 0
    const isClear = this.#clear >= CLEAR_SAMPLES && this.#sinceProbe >= CLEAR_SAMPLES
    if (this.#sinceProbe < this.#probeEvery && !isClear) return undefined
    this.#wasUp = isClear || !this.#wasUp
    const throughput = capacity / this.#short
    this.#size = capacity
    if (this.#wasUp) {
      this.#tryUp(throughput, 1 + this.#probe, 0)
      return this.#ask(isClear ? 'nothing queues, so it tries a larger size' : 'it tries a larger size')
    }
    this.#size = within(this, Math.min(capacity - 1, Math.round(capacity * (1 - this.#probe))))
    this.#begin({ kind: 'down', from: capacity, throughput, ratio: 1 - this.#probe, won: 0 })
    return this.#ask('it tries a smaller size')
  }

  #try(running: RunningTrial, sample: Sample): Advice {
    const { capacity } = sample
    if (!running.add(sample)) return this.#ask('the trial goes on')
    this.#trial = undefined
    const { trial } = running
    const { kind, from } = trial
    if (kind === 'up') return this.#end(running, trial, capacity)
    this.#long += LEARN * (running.runMs - this.#long)
    this.#size = from
    return this.#ask(`back from a trial: ${brief(running.runMs)} ms with ${capacity}`)
  }

  #end(running: RunningTrial, trial: Trial, capacity: number): Advice {
    const { from, won } = trial
    if (running.paysOff(capacity)) {
      this.#long += LEARN * (running.runMs - this.#long)
      this.#tryUp(running.throughput, nextRatio(trial, capacity), won + 1)
      return this.#ask(`${capacity} did more than ${from}`)
    }
    this.#size = won > 0 ? within(this, Math.max(from, Math.round(running.throughput * this.#long))) : from
    this.#short = 0
    this.#tasks = 0
    return this.#ask(`${capacity} did no more than ${from}`)
  }

  // ── the gradient ────────────────────────────────────────────────────────────────────────────────────────────────

  #move({ capacity, run }: Sample, gradient: number): Advice {
    const queueing = 1 - gradient
    const headroom = Math.sqrt(this.#size) * Math.max(0, 1 - queueing / fadeOf(this.#tasks))
    const change = headroom - this.#size * queueing
    // A queue of a fifth or more is to go at once.
    const part = queueing > 0.2 ? 1 : Math.min(this.#smoothing, run.count / this.#window)
    const size = within(this, this.#size + part * change)
    // The average is of the size before. A smaller one has less of the queue.
    this.#short = Math.max(this.#long, this.#short * (size / this.#size))
    this.#size = size
    // So that chance does not have it go up and down by one.
    if (Math.abs(size - capacity) < 0.75) return { size: capacity, why: 'as good as the same' }
    return this.#ask(`running ${brief(this.#short)} ms, alone ${brief(this.#long)} ms`)
  }
}

const readOptions = reader('the options of gradient', {
  ...BOUNDS,
  smoothing: between(0, 1),
  window: integer(100, 'an integer from 100 to 1000000', 1e6),
  probe: between(0, 0.5),
  probeEvery: integer(2, 'an integer from 2 to 1000', 1_000),
})

/**
 * Finds the size by how long tasks run: as long as they run no longer than alone, it grows; when they queue in the upstream, it shrinks. It
 * needs to know nothing about the upstream, and suits what has a limit of its own: a database, an HTTP service, a disk.
 * While the pool is not used it does not grow.
 *
 * ```js
 * import { adapt, gradient } from 'workpool/adaptive'
 *
 * const pool = Pool.create({ size: 10, maxBlockingTasks: 1_000 })
 * adapt(pool, gradient({ min: 2, max: 200 }))
 * ```
 *
 * A sample should have some hundreds of tasks: with fewer, chance decides.
 *
 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
 */
export const gradient = (options?: GradientOptions): Algorithm => new Gradient(options)
