/** The options that say who may start, who waits and who is refused, and the one place where each is checked. */
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import {
  type Check,
  type Checked,
  type Checks,
  POSITIVE_MS,
  integer,
  milliseconds,
  positiveMs,
  reader,
} from './checks.js'

/**
 * Options of every pool that say who may start and who may wait, beyond capacity and priority. All but `ageing` can be
 * changed while the pool runs, by `configure`. What is not used costs nothing.
 */
export interface SchedulingOptions {
  /**
   * What the pool does with one more task when as many wait as `maxBlockingTasks` allows. `reject`, the default,
   * refuses the new task. `discard-oldest` has the task that has waited longest in the lowest priority give way, for
   * work whose newest state is all that matters: it rejects with `PoolOverloadError`, reason `displaced`. Needs
   * `maxBlockingTasks` of at least 1.
   *
   * - A new task with a `key` displaces the oldest task of its own key, in the lowest priority in which that key waits.
   *   Only if none of its key waits, it displaces that of the pool.
   * - If the task that would give way is more important than the new one, the new one is refused.
   * - `nonblocking`, and `maxBlockingPerKey` of the new task's key, still refuse.
   *
   * ```js
   * const pool = Pool.create({ size: 4, maxBlockingTasks: 100, overload: 'discard-oldest' })
   * ```
   */
  overload?: 'reject' | 'discard-oldest' | undefined
  /**
   * Controlled delay: keeps the queue short when more comes than the pool can do, so that the tasks which it does run
   * are still worth it. While a priority has had a task that could start at every moment of the last `interval` ms, its
   * newest task starts first, and every task that has waited longer than `target` ms rejects with `PoolOverloadError`,
   * reason `shed`, at the latest when a worker would take the next task. Otherwise the oldest task starts first, and
   * tasks may wait for as long as they like. So a burst is absorbed, and a queue that stands is not.
   *
   * Both times are in ms, above 0 and up to 2³¹ − 1; for requests that somebody waits for, `{ target: 20, interval: 200 }`
   * is a good start. A task has waited since it was accepted, or since `shed` was turned on if that is later. A pause
   * begins the interval anew. Tasks of the priority `background` are never shed, and nothing is while the pool closes.
   * What `map` has submitted is submitted again. Default: `false`, which is off.
   *
   * The algorithm is CoDel (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012) with adaptive LIFO
   * (Maurer, "Fail at Scale", ACM Queue 13(8), 2015).
   *
   * ```js
   * const pool = Pool.create({ size: 50, shed: { target: 20, interval: 200 } })
   * ```
   */
  shed?: { target: number; interval: number } | false | undefined
  /**
   * The largest number of tasks that start in any `interval` ms: in every window of that length, wherever it begins, no
   * more than `limit`. A start counts from when the pool gives the task to a worker; its function is not called before.
   * Tasks wait for the rate as they wait for a worker, with the same order, bounds and `waitTimeout`. A start is never
   * given back, whatever becomes of the task; `reboot` and `configure` keep what was counted.
   *
   * `limit`: an integer from 1 to 65,536. `interval`: ms, above 0 and up to 2³¹ − 1. Default: `false`, no limit. The
   * rate is that of this pool in this process: of a shared pool for all isolates together, of a `MultiPool` for each of
   * its pools.
   *
   * ```js
   * const api = Pool.create({ size: 10, rate: { limit: 100, interval: 60_000 } })
   * ```
   */
  rate?: { limit: number; interval: number } | false | undefined
  /**
   * The largest number of tasks of one `key` that run at once. A task of a key that has so many waits, and holds nobody
   * up. A task counts from when a worker has it until its function has ended, also if it has timed out or was aborted
   * meanwhile. An integer from 1 to 2³¹ − 1, or `Infinity`, the default. Tasks without a key have no such limit. Not
   * with `ageing`. Of a `MultiPool`: in each of its pools.
   *
   * ```js
   * const pool = Pool.create({ size: 100, perKey: 4 })
   * await pool.submit(() => fetch(url), { key: new URL(url).host })
   * ```
   */
  perKey?: number | undefined
  /**
   * The largest number of waiting tasks of one `key`. Further ones are refused with `PoolOverloadError`, reason `key`.
   * An integer from 0 to 2³¹ − 1; 0, the default, means that there is no limit. Not with `ageing`. Of a `MultiPool`: in
   * each of its pools.
   *
   * ```js
   * const pool = Pool.create({ size: 100, perKey: 4, maxBlockingPerKey: 50 })
   * ```
   */
  maxBlockingPerKey?: number | undefined
  /**
   * After so many ms a waiting task counts as one priority level higher, counted from the call, so that tasks of a low
   * priority start in the end, however many of a high one come. Waiting tasks start in the order of `priority × ageing
   * + time of the call`. Above 0, up to 2³¹ − 1. Default: priorities are strict. Tasks of the priority `background` do
   * not age. In a pool with `ageing` tasks have no `key`. It is fixed when the pool is made.
   *
   * ```js
   * const pool = Pool.create({ size: 4, ageing: 500 })
   * ```
   */
  ageing?: number | undefined
}

const LARGEST_LIMIT = 65_536
const OVERLOADS = ['reject', 'discard-oldest'] as const
const ALLOWED_OVERLOAD = "'reject' or 'discard-oldest'"
const ALLOWED_PER_KEY = 'an integer from 1 to 2147483647, or Infinity'

/** A check under the name that the option has for users. */
const within =
  <T>(owner: string, check: Check<T>): Check<T> =>
  (value, option) =>
    check(value, `${owner}.${option}`)

const time = milliseconds(positiveMs, POSITIVE_MS)
const SHED = { target: within('shed', time), interval: within('shed', time) } satisfies Checks
const RATE = {
  limit: within('rate', integer(1, `an integer from 1 to ${LARGEST_LIMIT}`, LARGEST_LIMIT)),
  interval: within('rate', time),
} satisfies Checks

/** An object of which nothing may be left out, or `false`. */
function allOrOff<C extends Checks>(what: string, checks: C): Check<Required<Checked<C>> | false> {
  const readAll = reader(what, checks)
  const allowed = `false, or an object with ${Object.keys(checks).join(' and ')}`
  return (value, option) => {
    if (value === false) return false
    if (typeof value !== 'object' || value === null) throw wrongType(option, value, allowed)
    const given = readAll(value)
    for (const name of Object.keys(checks)) {
      if (given[name] === undefined) throw misuse(`${what}.${name} is missing; ${option} must be ${allowed}`)
    }
    return given as Required<Checked<C>>
  }
}

const overload: Check<(typeof OVERLOADS)[number]> = (value, option) => {
  if (typeof value !== 'string') throw wrongType(option, value, ALLOWED_OVERLOAD)
  const known = OVERLOADS.find((word) => word === value)
  if (known === undefined) throw outOfRange(option, value, ALLOWED_OVERLOAD)
  return known
}

/** Those that `configure` may change. */
export const LIVE_SCHEDULING = {
  overload,
  shed: allOrOff('shed', SHED),
  rate: allOrOff('rate', RATE),
  perKey: ((value, option) =>
    value === Infinity ? Infinity : integer(1, ALLOWED_PER_KEY)(value, option)) as Check<number>,
  maxBlockingPerKey: integer(0, 'an integer from 0 to 2147483647'),
} satisfies Checks

export const SCHEDULING = { ...LIVE_SCHEDULING, ageing: time } satisfies Checks

/** What is given of the options that can be changed. */
export type Scheduling = Checked<typeof LIVE_SCHEDULING>

/** The settings that these options come to. */
export interface SchedulingSettings {
  readonly scheduling: Scheduling
  /** Milliseconds; `undefined`: priorities are strict. */
  readonly ageing: number | undefined
}

/** The settings that checked options come to; throws if they contradict each other. */
export function schedulingOf(given: Checked<typeof SCHEDULING>, maxBlockingTasks: number): SchedulingSettings {
  assertAgreeing(given, maxBlockingTasks, given.ageing !== undefined)
  const scheduling: Record<string, unknown> = {}
  for (const option of Object.keys(LIVE_SCHEDULING) as (keyof Scheduling)[]) scheduling[option] = given[option]
  return { scheduling, ageing: given.ageing }
}

/** What isolates that share the pool agree on, as users write it. */
export const agreedScheduling = ({ scheduling, ageing }: SchedulingSettings) => ({
  overload: scheduling.overload ?? 'reject',
  shed: scheduling.shed ?? false,
  rate: scheduling.rate ?? false,
  perKey: scheduling.perKey ?? Infinity,
  maxBlockingPerKey: scheduling.maxBlockingPerKey ?? 0,
  ageing,
})

/** What the core is told. What is not given is not said. */
export function toPolicy({ overload, shed, rate, perKey, maxBlockingPerKey }: Scheduling) {
  return {
    ...(overload !== undefined && { discardOldest: overload === 'discard-oldest' }),
    ...(shed !== undefined && { shed: shed || { target: 0, interval: 0 } }),
    ...(rate !== undefined && { rate: rate || { limit: 0, interval: 0 } }),
    ...(perKey !== undefined && { perKey: perKey === Infinity ? 0 : perKey }),
    ...(maxBlockingPerKey !== undefined && { maxBlockingPerKey }),
  }
}

/** What the core is told when a pool is made. */
export const toCoreScheduling = ({ scheduling, ageing }: SchedulingSettings) => ({
  policy: toPolicy(scheduling),
  ...(ageing !== undefined && { ageing }),
})

/** Throws if the options contradict each other. `maxBlockingTasks`: 0 for no bound. */
export function assertAgreeing(
  { overload, perKey = Infinity, maxBlockingPerKey = 0 }: Scheduling,
  maxBlockingTasks: number,
  hasAgeing: boolean,
): void {
  if (overload === 'discard-oldest' && maxBlockingTasks === 0) {
    throw misuse("overload: 'discard-oldest' needs maxBlockingTasks of at least 1; without a bound no task gives way")
  }
  if (hasAgeing && perKey !== Infinity) throw misuse('perKey is not possible with ageing: there tasks have no key')
  if (hasAgeing && maxBlockingPerKey !== 0) {
    throw misuse('maxBlockingPerKey is not possible with ageing: there tasks have no key')
  }
}
