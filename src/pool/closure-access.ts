import { type SubmitChecked, NO_SUBMIT_OPTIONS } from '../options/options.js'
import type { Terms } from '../options/policy-options.js'
import type { Origin } from '../origin/origin.js'
import type { Closure } from '../origin/task.js'

export type Closures<R> = Origin<Closure<R>, SubmitChecked>

/** A way into a pool of closures, or into several: that of the pool itself, or of a view. */
export interface ClosureAccess<R> {
  /** Referenced, as a pool that nobody references is released, and not its origin alone. */
  readonly pool: object
  readonly origin: Closures<R>
  /** What holds for every task that comes this way. */
  readonly terms: Terms<SubmitChecked>
  /** As `Taker.abort`. */
  abort(marks: ReadonlySet<unknown>, reason: unknown): void
}

/** Nothing holds for every task. */
export const NO_TERMS: Terms<SubmitChecked> = { options: NO_SUBMIT_OPTIONS, care: undefined }
