import { PoolClearedError, PoolClosedError, PoolOverloadError, WaitTimeoutError } from '../base/errors.js'
import { follow } from '../base/follow.js'
import { Promise, Set, rejectedPromise } from '../base/intrinsics.js'
import { joined, platformSignalOf, standInFor } from '../base/joined-signals.js'
import { abortSignal } from '../options/checks.js'
import type { Trail } from '../observe/traced-task.js'
import type { Care } from '../options/policy-options.js'

const noop = (): void => {}

/** One submission of a task. */
export interface Attempt {
  readonly promise: Promise<unknown>
  /** Once it has rejected: whether the pool has turned the task away, so that its function was never called. */
  wasTurnedAway(error: unknown): boolean
}

/** Submits the task once, to be aborted by this signal. It throws nothing. */
export type Submit = (signal: AbortSignal | undefined, trail: Trail) => Attempt

/** The options of an attempt: those of the task, with the signal that aborts the attempt. */
export const forAttempt = <O extends object>(options: O, signal: AbortSignal | undefined, trail: Trail): O => ({
  ...options,
  signal,
  trail,
})

/** What says that a pool has refused a task, and what only the pool itself says of a task that it has turned away. */
const REFUSALS = [PoolOverloadError, WaitTimeoutError, PoolClosedError, PoolClearedError]

/** The refusals that calls have rejected with in the end. */
const finalRefusals = new WeakSet<object>()

/** Whether a call has rejected with this error because the pool has refused its last attempt. */
export const isFinalRefusal = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && finalRefusals.has(error)

/** A task on its way through a policy. It settles once, and for whoever has asked for the task. */
class Undertaking {
  readonly #care: Care
  /** The caller's. */
  readonly #signal: AbortSignal | undefined
  readonly #argument: unknown
  readonly #submit: Submit
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: unknown) => void
  readonly #bury: ((error: unknown) => void) | undefined
  /** Of the attempts that the pool has refused. */
  readonly #refusals = new Set<unknown>()
  readonly #trail: Trail = { attempts: 0, last: undefined }
  #attempts = 0
  #isOver = false
  #stopListening = noop

  constructor(
    care: Care,
    signal: AbortSignal | undefined,
    argument: unknown,
    submit: Submit,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
    bury: ((error: unknown) => void) | undefined,
  ) {
    this.#care = care
    this.#signal = signal
    this.#argument = argument
    this.#submit = submit
    this.#resolve = resolve
    this.#reject = reject
    this.#bury = bury
  }

  begin(): void {
    const { policy } = this.#care
    if (policy === undefined) {
      follow(this.#attempt(undefined), this.#succeeded, this.#failed)
      return
    }
    try {
      const given = this.#listen()
      const attempt = (context: { readonly signal: AbortSignal } | undefined) => this.#attempt(context?.signal)
      follow(policy.execute(attempt, given), this.#succeeded, this.#failed)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Policies wait between attempts and need not heed a signal meanwhile. Gives the signal for the policy. */
  #listen(): AbortSignal | undefined {
    const signal = this.#signal
    if (signal === undefined) return undefined
    const abort = (): void => {
      if (this.#isOver) return
      this.#end()
      this.#reject(signal.reason)
    }
    // First, as it has to have aborted before nobody listens any more.
    const given = platformSignalOf(signal)
    signal.addEventListener('abort', abort)
    this.#stopListening = () => {
      signal.removeEventListener('abort', abort)
      given.letGo()
    }
    return given.signal
  }

  /**
   * An attempt that comes after the abort of the caller is not submitted: its signal has aborted.
   *
   * @param own aborts only this attempt
   */
  #attempt(own: unknown): Promise<unknown> {
    const signal = this.#signal
    const both = joined(signal, own === undefined ? undefined : abortSignal(own, "the signal of the policy's context"))
    this.#attempts++
    const attempt = this.#submit(both, this.#trail)
    follow(attempt.promise, noop, (error) => {
      const isAborted = both?.aborted === true && both.reason === error
      if (!isAborted && attempt.wasTurnedAway(error) && REFUSALS.some((of) => error instanceof of))
        this.#refusals.add(error)
    })
    return attempt.promise
  }

  readonly #succeeded = (value: unknown): void => {
    if (this.#isOver) return
    this.#end()
    this.#resolve(value)
  }

  readonly #failed = (error: unknown): void => {
    if (this.#isOver) return
    this.#end()
    const { fallback } = this.#care
    const isRefused = this.#refusals.has(error)
    if (isRefused) finalRefusals.add(error as object)
    if (fallback === undefined || !(isRefused || this.#attempts === 0)) {
      this.#fail(error)
      return
    }
    try {
      this.#resolve(fallback(error, this.#argument))
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  /** What the caller has aborted has not failed. */
  #fail(error: unknown): void {
    const isAborted = this.#signal?.aborted === true && this.#signal.reason === error
    if (!isAborted) this.#bury?.(error)
    this.#reject(error)
  }

  #end(): void {
    this.#isOver = true
    this.#stopListening()
  }
}

/**
 * Has a task done by way of a policy, and answered by a fallback. The policy and the fallback are code of users, which
 * may do anything.
 *
 * @param signal of the caller
 * @param argument for the fallback
 * @param bury is told of a task that has failed for good, just before its promise rejects. It throws nothing
 */
export function carefully(
  care: Care,
  signal: AbortSignal | undefined,
  argument: unknown,
  submit: Submit,
  bury?: (error: unknown) => void,
): Promise<unknown> {
  if (signal?.aborted) return rejectedPromise(signal.reason)
  const heard = signal && standInFor(signal)
  return new Promise((resolve, reject) => new Undertaking(care, heard, argument, submit, resolve, reject, bury).begin())
}
