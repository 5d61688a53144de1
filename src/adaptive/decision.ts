/** From a sample to a size that is set: the rules that hold for every algorithm. */
import { type Algorithm, type Limits, type Sample, assertAdvice, limitsOfAlgorithm, within } from './algorithm.js'

/** One change of a pool's size by `adapt`. */
export interface Decision {
  /** When, in ms since 1970. */
  readonly at: number
  /** What the algorithm was given. */
  readonly sample: Sample
  /** The capacity before. */
  readonly before: number
  /** The capacity that was set. */
  readonly after: number
  readonly why: string
}

interface Pace {
  /** No change for so many ms after one. */
  readonly cooldown: number
  /** The most by which one change changes the size. */
  readonly step: number
}

/** What is to be set, if anything. */
type Change = Pick<Decision, 'before' | 'after' | 'why'>

export class Decider {
  readonly limits: Limits
  /** What the pool was last known to have; another one is somebody's decision. */
  #known: number
  #changedAt = -Infinity

  constructor(
    readonly algorithm: Algorithm,
    readonly pace: Pace,
    capacity: number,
  ) {
    this.limits = limitsOfAlgorithm(algorithm)
    this.#known = capacity
  }

  /** Whether somebody else has tuned the pool since; then all starts anew from what it has now. */
  isOverruled(capacity: number, now: number): boolean {
    if (capacity === this.#known) return false
    this.#known = capacity
    this.#changedAt = now
    this.algorithm.restart?.()
    return true
  }

  /** While the last change is to show its effect. */
  isCooling(now: number): boolean {
    return now - this.#changedAt < this.pace.cooldown
  }

  /** Throws what the algorithm throws, and if it gives what is no size. */
  next(sample: Sample): Change | undefined {
    const advice: unknown = this.algorithm.next(sample)
    assertAdvice(advice)
    const { capacity } = sample
    const { step } = this.pace
    // The limits come last, as they always hold. From no limit at all there is no way in steps.
    const stepped =
      capacity === Infinity ? advice.size : within({ min: capacity - step, max: capacity + step }, advice.size)
    const after = within(this.limits, stepped)
    if (after === capacity) return undefined
    this.#known = after
    this.#changedAt = sample.now
    return { before: capacity, after, why: advice.why }
  }
}
