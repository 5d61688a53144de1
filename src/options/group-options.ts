import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { type Check, type Checked, type Checks, reader } from './checks.js'
import { SUBMIT, type SubmitOptions } from './options.js'
import { merged } from './policy-options.js'
import { RUN, type RunOptions } from './thread-options.js'

/** What `join` of a group gives: see the option `mode` of `group`. */
export type GroupMode = 'all' | 'any' | 'allSettled'

/** Options of `group`. */
export interface GroupOptions {
  /**
   * What the tasks of the group are to each other, and what `join` gives.
   *
   * - `all`: `join` gives the results, in the order of submission. The first failure aborts the other tasks, and `join`
   *   rejects with it.
   * - `any`: the first success aborts the other tasks, and `join` gives its result. If all tasks fail, or there is none,
   *   `join` rejects with an `AggregateError`.
   * - `allSettled`: `join` gives an `Outcome` of each task, in the order of submission. No task is aborted for another.
   *
   * Default: `all`.
   */
  mode?: GroupMode | undefined
  /**
   * The largest number of tasks of the group that run at once, beside the limits of the pool: an integer ≥ 1. The others
   * wait in the pool, and let other tasks pass. They take no `key`. A group with a limit over a `MultiPool` is in one
   * pool, which the strategy names when the group is made. Default: no limit but those of the pool.
   */
  limit?: number | undefined
  /**
   * The longest time that the group may take, in ms from the call of `group`, at most 2³¹ − 1. Then the tasks that are
   * open are aborted with a `GroupTimeoutError`, and `join` rejects with it; with `allSettled` it resolves, and these
   * tasks are among the rejected. Default: no limit.
   */
  timeout?: number | undefined
  /** The `timeout` of each task that has none of its own, in ms from its start. Default: none. */
  taskTimeout?: number | undefined
  /** When it aborts, all open tasks of the group are aborted with its reason, and so is whatever is submitted later. */
  signal?: AbortSignal | undefined
}

/** What a task of a group may have beside the options of its pool. */
interface Tagged {
  /**
   * The name of the task in `results` and in its outcome: any value but `undefined` and `null`; each of a group has
   * another one. Default: its index, the first task has 0.
   */
  tag?: unknown
}

/** Options of `submit` of a group: those of `submit` of a pool, and `tag`. */
export type GroupSubmitOptions = SubmitOptions & Tagged

/** Options of `run` of a group: those of `run` of a thread pool, and `tag`. */
export type GroupRunOptions = RunOptions & Tagged

const MODES = new Set<unknown>(['all', 'any', 'allSettled'])

const mode: Check<GroupMode> = (value, option) => {
  const allowed = "'all', 'any' or 'allSettled'"
  if (typeof value !== 'string') throw wrongType(option, value, allowed)
  if (!MODES.has(value)) throw outOfRange(option, value, allowed)
  return value as GroupMode
}

const tag: Check<unknown> = (value, option) => {
  if (value === null) throw wrongType(option, value, 'a value other than null')
  return value
}

const GROUP = {
  mode,
  limit: SUBMIT.weight,
  timeout: SUBMIT.timeout,
  taskTimeout: SUBMIT.timeout,
  signal: SUBMIT.signal,
} satisfies Checks

export type GroupChecked = Checked<typeof GROUP>
export const checkGroupOptions = reader('the options of group', GROUP)
export const checkGroupSubmitOptions = reader('the options of the task of the group', { ...SUBMIT, tag })
export const checkGroupRunOptions = reader('the options of the call of the group', { ...RUN, tag })

/**
 * Takes `tag` out of the options of a task of a group, and heeds what the group says of its tasks. `terms`: what the view or
 * the pool says of each.
 */
export function ofTask<O extends { signal?: AbortSignal; key?: string; timeout?: number }>(
  terms: O,
  given: O & { readonly tag?: unknown },
  group: GroupChecked,
): { readonly options: O; readonly tag: unknown } {
  const { tag: own, ...all } = given
  const rest = merged<O>(terms, all as unknown as O)
  if (group.limit !== undefined && rest.key !== undefined) {
    throw misuse('key is not possible in a group with a limit, which is the key of its tasks')
  }
  const timeout = rest.timeout ?? group.taskTimeout
  return { options: timeout === undefined ? rest : { ...rest, timeout }, tag: own }
}
