/** What is said of tasks without a promise that the pool has accepted and turned away: one line for all of them. */
import { Map, queueMicrotask, setTimeout } from '../base/intrinsics.js'
import { Rejection } from '../native/abi.js'
import type { Failures } from './failures.js'

/** How long a line is not followed by another one, in ms. */
const PAUSE_MS = 1_000

const REASONS = new Map([
  [Rejection.displaced, 'displaced'],
  [Rejection.shed, 'shed'],
  [Rejection.cleared, 'cleared'],
] as const)

type Reason = typeof REASONS extends ReadonlyMap<unknown, infer R> ? R : never

/** The word for it, if tasks of this kind are counted, and not reported one by one. */
export const turnedAwayAs = (cause: Rejection | 'abort'): Reason | undefined =>
  (REASONS as ReadonlyMap<Rejection | 'abort', Reason>).get(cause)

/**
 * Counts the tasks that have come to nothing since the last line of the log. There may be thousands a second, just when
 * there is no time for that. Nothing of it runs, nor keeps the process alive, while there are none.
 */
export class TurnedAway {
  readonly #failures: Failures
  readonly #counts = new Map<Reason, number>()
  /** Whether a line is on its way. */
  #isAnnounced = false
  /** Whether the last line was less than a second ago. */
  #isPausing = false

  constructor(failures: Failures) {
    this.#failures = failures
  }

  count(reason: Reason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
    if (this.#isAnnounced || this.#isPausing) return
    this.#isAnnounced = true
    // Others are told of in the same breath.
    queueMicrotask(() => this.#say())
  }

  #say(): void {
    const counts = [...this.#counts]
    this.#counts.clear()
    this.#isAnnounced = false
    this.#isPausing = true
    setTimeout(() => this.#goOn(), PAUSE_MS).unref()
    let count = 0
    for (const [, each] of counts) count += each
    const subject = count === 1 ? '1 task of execute was' : `${count} tasks of execute were`
    const message = `${subject} turned away without having begun; panicHandler would see each of them`
    this.#failures.log('warn', { count, ...Object.fromEntries(counts) }, message)
  }

  #goOn(): void {
    this.#isPausing = false
    if (this.#counts.size > 0) this.#say()
  }
}
