/** What `with` and the option `defaults` take beyond the options of a task, and the one place where it is checked. */
import { wrongType } from '../base/errors.js'
import { joined } from '../base/joined-signals.js'
import { type Check, type Checks, functionOf } from './checks.js'

/**
 * Decides how often a task is tried, and when: a retry, a circuit breaker, a timeout, or several of them, one in the
 * other. Any object that has this method is a policy; those of [cockatiel](https://github.com/connor4312/cockatiel) are.
 *
 * ```ts
 * import { type Policy, isRetryable } from 'workpool'
 *
 * const twice: Policy = {
 *   async execute(attempt, signal = new AbortController().signal) {
 *     try {
 *       return await attempt({ signal })
 *     } catch (error) {
 *       if (!isRetryable(error)) throw error
 *       return attempt({ signal })
 *     }
 *   },
 * }
 * ```
 */
export interface Policy {
  /**
   * Calls `attempt` as often as it wants, and gives the result of one of the attempts, or rejects.
   *
   * @param attempt submits the task, and gives its result. The attempt is aborted when `context.signal` or the signal of the caller aborts
   * @param signal the signal of the caller, if there is one
   */
  execute<T>(
    attempt: (context: { readonly signal: AbortSignal }) => PromiseLike<T> | T,
    signal?: AbortSignal,
  ): Promise<T>
}

/** Gives an answer in place of the task's: see `PolicyOptions.fallback`. */
export type Fallback<F = unknown> = (error: unknown, argument: any) => F

/** How the tasks of a view, or of a pool, are tried again, and what is answered if the pool does not take them. */
export interface PolicyOptions<F = unknown> {
  /**
   * Tries each task: any object with the method `execute` of `Policy`, such as a policy of cockatiel. Every attempt is a
   * submission of its own, with the options of the task, and counts as one in `stats()`.
   *
   * - The signal of the caller aborts the policy and the attempt that is under way, and ends the wait for the next one.
   *   `context.signal`, which the policy gives an attempt, aborts only that attempt.
   * - `close` does not wait for attempts to come. The next one is refused with `PoolClosedError`.
   * - With a policy there is `submit`, `run`, `tasks` and `map`, and `wrap`. The other ways to hand in tasks throw or
   *   reject, as a policy answers for one task and is not synchronous. `transfer` is not possible, as what was moved
   *   cannot be sent again.
   *
   * ```js
   * import { ConsecutiveBreaker, ExponentialBackoff, circuitBreaker, handleWhen, retry, wrap } from 'cockatiel'
   *
   * const again = retry(handleWhen(isRetryable), { maxAttempts: 3, backoff: new ExponentialBackoff() })
   * const breaker = circuitBreaker(handleWhen(isRetryable), { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) })
   * const careful = pool.with({ policy: wrap(again, breaker) })
   * await careful.submit(({ signal }) => fetch(url, { signal }))
   * ```
   */
  policy?: Policy | undefined
  /**
   * Gives the answer if the pool has refused the task in the end, or if the policy has let no attempt be made (an open
   * circuit breaker). The pool has refused a task whose own submission rejects with a `PoolOverloadError`,
   * `WaitTimeoutError`, `PoolClosedError` or `PoolClearedError`: its function was never called. It is not asked for a
   * task that ran and failed, nor if the caller has aborted the task.
   *
   * It is called with the last error and the argument of the task (`undefined` for closures; for `tasks` with any number
   * of arguments but one, the list of them), here and not in the pool. What it throws or rejects with, the task rejects
   * with.
   *
   * ```js
   * const page = await pool.with({ fallback: () => 'busy, please come again' }).submit(() => render('/'))
   * ```
   */
  fallback?: Fallback<F> | undefined
}

/**
 * Where calls go that have failed for good. It is a queue of `workpool/jobs`, whatever its task module: these are two of its
 * methods.
 */
export interface DeadLetters {
  failed(options?: { limit?: number | undefined }): Promise<{ id: string; task: string; argument: unknown }[]>
  replay(id?: string): Promise<number>
}

/** What a queue of jobs does with a call that has failed. A symbol, as there may be several copies of this package. */
export const DEAD_LETTER = Symbol.for('workpool.deadLetter')

/** A call that has failed. */
export interface DeadLetter {
  /** The name of the export. */
  readonly task: string
  /** The argument, or the list of them. */
  readonly argument: unknown
  /** Whether it is a list of arguments. */
  readonly isSpread: boolean
  readonly error: unknown
}

/** As this package knows it. Taking a letter neither throws nor waits. */
export interface DeadLetterBox extends DeadLetters {
  [DEAD_LETTER](letter: DeadLetter): void
}

/** For calls of a thread pool. */
export interface DeadLetterOptions {
  /**
   * A queue of `workpool/jobs` in which calls are stored that fail for good, after what `policy` does: as failed jobs with the
   * name of the export, the argument and the error. `failed()` of the queue lists them, and `replay()` makes jobs of
   * them. What `fallback` answers and what the caller aborts has not failed.
   *
   * The caller gets the error at once, and does not wait for the store. Arguments have to be JSON. If one is not, or if the
   * store cannot be reached, the logger of the queue is told. At most 1,000 calls wait to be stored; of more than that
   * the logger is told how many were dropped. `close` of the queue waits for them.
   *
   * With it there are `run`, `tasks` and `map`, as with a policy.
   *
   * ```js
   * const jobs = await Jobs.open('file:./jobs')
   * const kept = threads.with({ deadLetter: jobs })
   * await kept.run('a.png', { name: 'resize' })
   * ```
   */
  deadLetter?: DeadLetters | undefined
}

/** With a policy, a fallback, or both; of calls also with a queue for those that have failed. */
export type CarefulCalls<F> = (Careful<F> & DeadLetterOptions) | (PolicyOptions<F> & { deadLetter: DeadLetters })

/** With a policy, a fallback, or both. */
export type Careful<F> =
  | { policy: Policy; fallback?: Fallback<F> | undefined }
  | { policy?: Policy | undefined; fallback: Fallback<F> }

const policy: Check<Policy> = (value, option) => {
  const isObject = (typeof value === 'object' || typeof value === 'function') && value !== null
  if (isObject && typeof (value as Partial<Policy>).execute === 'function') return value as Policy
  throw wrongType(option, value, 'an object with the method execute, as policies of cockatiel are')
}

const deadLetter: Check<DeadLetterBox> = (value, option) => {
  const box = value as Partial<DeadLetterBox> | null
  if (typeof box === 'object' && typeof box?.[DEAD_LETTER] === 'function') return value as DeadLetterBox
  throw wrongType(option, value, 'a queue of workpool/jobs, as Jobs.open gives it')
}

export const DEAD_LETTERS = { deadLetter } satisfies Checks

export const POLICY = { policy, fallback: functionOf as Check<Fallback> } satisfies Checks

/** Who answers for a task beside the pool. */
export interface Care {
  readonly policy: Policy | undefined
  readonly fallback: Fallback | undefined
  readonly deadLetter: DeadLetterBox | undefined
}

/** What `with` or `defaults` says, checked: the options of every call, and what is done beside it, if anything is. */
export interface Terms<O> {
  readonly options: O
  readonly care: Care | undefined
}

/** @param none the options of a task of which nothing is given */
export function termsOf<O extends object>(given: Readonly<Record<string, unknown>> & Partial<Care>, none: O): Terms<O> {
  const { policy, fallback, deadLetter, ...rest } = given
  const isPlain = policy === undefined && fallback === undefined && deadLetter === undefined
  const care = isPlain ? undefined : { policy, fallback, deadLetter }
  const hasOptions = Object.values(rest).some((value) => value !== undefined)
  return { options: hasOptions ? (rest as unknown as O) : none, care }
}

/**
 * The options of one call, which win over those of all calls; but both signals abort. Both have been read, so they have
 * every option; `undefined` means absent.
 */
export function merged<O extends { readonly signal?: AbortSignal }>(outer: O, own: O): O {
  const result: O = { ...outer }
  for (const option of Object.keys(own) as (keyof O)[]) if (own[option] !== undefined) result[option] = own[option]
  return withSignal(result, joined(outer.signal, own.signal))
}

/** Options that have been read, with another signal, or with none. */
const withSignal = <O extends { readonly signal?: AbortSignal }>(options: O, signal: AbortSignal | undefined): O => ({
  ...options,
  signal,
})

/** The terms of a view of a view. */
export function nested<O extends { readonly signal?: AbortSignal }>(outer: Terms<O>, own: Terms<O>): Terms<O> {
  const care =
    outer.care === undefined || own.care === undefined
      ? (own.care ?? outer.care)
      : {
          policy: own.care.policy ?? outer.care.policy,
          fallback: own.care.fallback ?? outer.care.fallback,
          deadLetter: own.care.deadLetter ?? outer.care.deadLetter,
        }
  return { options: merged(outer.options, own.options), care }
}
