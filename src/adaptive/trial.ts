/** A size that is tried out for a sample or two, to see whether the upstream does more, or answers sooner. */
import { type Sample } from './algorithm.js'

/** The tasks that a trial of a few per cent needs, so that chance decides less than the size; and one of more than that. */
const MANY = 500
const SOME = 150
/** A trial ends after so many samples, however few tasks there were. */
const MOST_SAMPLES = 3
/** A step up pays off if throughput grows by this part of what the size grows by. */
const PAYS_OFF = 0.6

export interface Trial {
  readonly kind: 'up' | 'down'
  /** The size before. */
  readonly from: number
  /** Tasks per ms before. */
  readonly throughput: number
  /** By what the size was multiplied. */
  readonly ratio: number
  /** How many steps up have paid off before it. */
  readonly won: number
}

export class RunningTrial {
  #tasks = 0
  #runMs = 0
  #elapsedMs = 0
  #samples = 0

  constructor(readonly trial: Trial) {}

  /** Whether it has seen enough. */
  add({ run, elapsedMs }: Sample): boolean {
    this.#tasks += run.count
    this.#runMs += run.count * run.mean
    this.#elapsedMs += elapsedMs
    this.#samples++
    const { won, ratio } = this.trial
    return this.#tasks >= (won >= 2 || ratio >= 1.5 ? SOME : MANY) || this.#samples >= MOST_SAMPLES
  }

  get runMs(): number {
    return this.#runMs / this.#tasks
  }

  get throughput(): number {
    return this.#tasks / this.#elapsedMs
  }

  paysOff(capacity: number): boolean {
    const { from, throughput } = this.trial
    return this.throughput > throughput * (1 + PAYS_OFF * (capacity / from - 1))
  }
}

/** The next step up after one that paid off: a second one of the same size, then three times as large, until the size doubles. */
export function nextRatio({ ratio, from, won }: Trial, capacity: number): number {
  const taken = Math.max(ratio, capacity / from)
  return won === 0 && taken < 1.3 ? taken : Math.min(2, 1 + 3 * (taken - 1))
}

/**
 * The way down from a size of which nothing is known: half of it, and half of that, until throughput falls along twice in a row. There nothing
 * queues any more, so how long tasks run there is how long they run alone.
 */
export class Descent {
  #capacity = 0
  #throughput = 0
  #falls = 0
  #runMs = 0
  /** The most tasks per ms that any size has shown. */
  #most: number

  /** @param before the sample from which it goes down already, if it does; `most`: the most tasks per ms before that */
  constructor(before?: Sample, most = 0) {
    this.#most = most
    if (before === undefined) return
    this.#note(before)
  }

  #note({ capacity, run, elapsedMs }: Sample): void {
    this.#capacity = capacity
    this.#throughput = run.count / elapsedMs
    this.#most = Math.max(this.#most, this.#throughput)
  }

  /** Whether the end is reached. `least`: no smaller size is possible. */
  add(sample: Sample, least: number): boolean {
    const { capacity, run, elapsedMs } = sample
    if (this.#capacity > 0) {
      const halfway = 1 - (1 - capacity / this.#capacity) / 2
      this.#falls = run.count / elapsedMs < halfway * this.#throughput ? this.#falls + 1 : 0
    }
    this.#runMs = this.#falls === 2 ? (this.#runMs + run.mean) / 2 : run.mean
    this.#note(sample)
    return this.#falls >= 2 || capacity <= least
  }

  /** How long tasks run alone. */
  get runMs(): number {
    return this.#runMs
  }

  /** The size at which the most tasks per ms run alone, by Little's law. */
  get size(): number {
    return this.#most * this.#runMs
  }
}
