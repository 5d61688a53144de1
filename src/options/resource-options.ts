/** The options of what workers hold, and the one place where each is checked. */
import { misuse, outOfRange } from '../base/errors.js'
import {
  type Check,
  type Checked,
  type Checks,
  MS,
  POSITIVE_MS,
  functionOf,
  integer,
  milliseconds,
  ms,
  positiveMs,
} from './checks.js'

/**
 * What a worker holds from task to task: made when the worker starts, kept while it is idle, and disposed of when it
 * retires. All times are in ms.
 *
 * ```js
 * const pool = Pool.create({
 *   size: 20,
 *   init: () => connect(),
 *   dispose: (connection) => connection.end(),
 *   validate: async (connection) => (await connection.query('select 1')).length === 1,
 *   validateAfter: 5_000,
 *   maxAge: 600_000,
 *   minSize: 2,
 * })
 * await pool.ready()
 * ```
 *
 * `init`, `dispose` and `validate` run in the `AsyncLocalStorage` context of `create`, not in that of the task, because
 * the resource lives longer.
 */
export interface Resource<R> {
  /**
   * Makes the resource. The task waits meanwhile, and that time counts as waiting.
   *
   * If `init` fails, the first waiting task rejects with its error, and no other worker starts for a while: a random
   * part of 100 ms, each time in a row of twice as much, up to 5 s. After that one worker at a time tries, until one
   * succeeds. Meanwhile tasks wait as for any worker, and workers that are there go on. If the pool is closing, a
   * failure rejects all tasks that wait.
   */
  init?: (() => R | PromiseLike<R>) | undefined
  /**
   * The longest time that `init` may take, in ms from when its worker starts. After that the first waiting task rejects
   * with `WaitTimeoutError`, a warning says which worker it was, and that counts as a failure of `init`. The slot stays
   * taken until `init` has settled; then the resource is disposed of. Above 0, up to 2³¹ − 1; default: no limit. Needs
   * `init`.
   */
  initTimeout?: number | undefined
  /**
   * Is asked before an idle resource is used again: can it still be used? True keeps it. If `validate` gives false,
   * throws or rejects, the resource is disposed of, and the task gets another one. The worker counts as starting
   * meanwhile, so the task waits. A worker that goes from one task to the next is not asked. There is no limit of time.
   * Needs `init`.
   *
   * ```js
   * const pool = Pool.create({
   *   init: () => connect(),
   *   validate: async (connection) => (await connection.query('select 1')).length === 1,
   * })
   * ```
   */
  validate?: ((resource: R) => boolean | PromiseLike<boolean>) | undefined
  /**
   * `validate` is asked only if the resource was idle for so long, in ms. From 0 to 2³¹ − 1; default 0: it is always
   * asked. Needs `validate`.
   */
  validateAfter?: number | undefined
  /**
   * How many tasks and leases use a resource. After the last of them it is disposed of. An integer from 1 to 2³¹ − 1;
   * default: no limit. Needs `init`.
   */
  maxUses?: number | undefined
  /**
   * How long a resource is used, in ms from when `init` has given it. After that it is disposed of, at once if it is
   * idle, otherwise at the end of its task. Above 0, up to 2³¹ − 1; default: no limit. Needs `init`.
   */
  maxAge?: number | undefined
  /**
   * So many workers are kept, also while they are idle. They start with the first one that is needed, or when `ready`
   * is called. If one goes, because it is too old, was used often enough, is broken or no longer valid, another one
   * starts in the background, also after a failure of `init`. An integer from 0 to `size`, default 0. A capacity below
   * it, set by `tune`, wins. Needs `init`.
   */
  minSize?: number | undefined
  /**
   * Disposes of the resource. The worker counts as running and busy until `dispose` has settled. A failure is logged as
   * a warning.
   */
  dispose?: ((resource: R) => unknown) | undefined
  /**
   * The longest time that `dispose` may take, in ms from when the worker retires. After that its slot is free, a
   * warning says which worker it was, and `close` and the like wait for it no longer. If `dispose` settles later, that
   * is logged at debug. Above 0, up to 2³¹ − 1; default 30,000. Needs `dispose`.
   *
   * ```js
   * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end(), disposeTimeout: 5_000 })
   * ```
   */
  disposeTimeout?: number | undefined
  /**
   * Is asked after a task has thrown or rejected, and when a lease is released with an error: is the resource broken,
   * so that no other task may use it? If `isBroken` throws, the answer is yes. Default: no.
   */
  isBroken?: ((error: unknown, resource: R) => boolean) | undefined
}

export const RESOURCE = {
  init: functionOf as Check<() => unknown>,
  initTimeout: milliseconds(positiveMs, POSITIVE_MS),
  validate: functionOf as Check<(resource: unknown) => boolean>,
  validateAfter: milliseconds(ms, MS),
  maxUses: integer(1, 'an integer from 1 to 2147483647'),
  maxAge: milliseconds(positiveMs, POSITIVE_MS),
  minSize: integer(0, 'an integer from 0 to size'),
  dispose: functionOf as Check<(resource: unknown) => unknown>,
  disposeTimeout: milliseconds(positiveMs, POSITIVE_MS),
  isBroken: functionOf as Check<(error: unknown, resource: unknown) => boolean>,
} satisfies Checks

/** What is known of the resources of a pool, checked. Times are in ms. */
export interface ResourceSettings<R> {
  readonly init: Resource<R>['init']
  /** 0 = no limit. */
  readonly initTimeout: number
  readonly validate: Resource<R>['validate']
  readonly validateAfter: number
  /** 0 = no limit. */
  readonly maxUses: number
  /** 0 = no limit. */
  readonly maxAge: number
  readonly minSize: number
  readonly dispose: Resource<R>['dispose']
  readonly disposeTimeout: number
  readonly isBroken: Resource<R>['isBroken']
}

const NEED_INIT = ['dispose', 'isBroken', 'validate', 'initTimeout', 'maxUses', 'maxAge', 'minSize'] as const

/**
 * The settings that checked options come to; throws if they contradict each other.
 *
 * @param size the capacity; 0 = unbounded
 */
export function toResourceSettings<R>(given: Checked<typeof RESOURCE>, size: number): ResourceSettings<R> {
  const { init, initTimeout = 0, validate, validateAfter = 0, maxUses = 0, maxAge = 0, minSize = 0 } = given
  if (given.disposeTimeout !== undefined && given.dispose === undefined) {
    throw misuse('disposeTimeout needs init and dispose, whose time it limits')
  }
  if (given.validateAfter !== undefined && validate === undefined) {
    throw misuse('validateAfter needs init and validate, which it puts off')
  }
  for (const option of NEED_INIT) {
    if (init === undefined && given[option] !== undefined)
      throw misuse(`${option} needs init, which makes the resource`)
  }
  if (size > 0 && minSize > size) throw outOfRange('minSize', minSize, `at most size, ${size}`)
  const { dispose, disposeTimeout = 30_000, isBroken } = given
  const numbers = { initTimeout, validateAfter, maxUses, maxAge, minSize, disposeTimeout }
  return {
    ...({ init, validate, dispose, isBroken } as Pick<ResourceSettings<R>, 'init'>),
    ...numbers,
  } as ResourceSettings<R>
}
