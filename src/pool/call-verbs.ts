/** What thread pools, a MultiPool of such, and views of them have in common beyond `AnyPool`. */
import { misuse } from '../base/errors.js'
import { rejectedLater } from '../base/intrinsics.js'
import type { Taker } from '../map/taker.js'
import { checkArguments, checkItems } from '../options/options.js'
import { type Terms, merged } from '../options/policy-options.js'
import {
  type RunChecked,
  NO_RUN_OPTIONS,
  checkMapRunOptions,
  checkRunAllOptions,
  checkRunOptions,
  checkTransfer,
} from '../options/thread-options.js'
import type { Origin } from '../origin/origin.js'
import { Call } from '../threads/owner/call.js'
import { CallList } from '../threads/owner/call-list.js'
import type { StreamHome } from '../threads/stream/home.js'
import type { Tasks } from './module-types.js'
import { noCare } from './no-care.js'
import { forCare, forMaps } from './needed.js'

export type Calls = Origin<Call, RunChecked, CallList>

/** A way into a thread pool, or into several: that of the pool itself, or of a view. */
export interface CallAccess {
  /** Referenced, as a pool that nobody references is released, and not its origin alone. */
  readonly pool: object
  readonly origin: Calls
  /** What holds for every call that comes this way. */
  readonly terms: Terms<RunChecked>
  /** How many tasks the threads may have at once. */
  places(): number
  /** Which pool has taken the call of a stream. */
  homeOf(call: Call): StreamHome
}

/** Nothing holds for every call. */
export const NO_CALL_TERMS: Terms<RunChecked> = { options: NO_RUN_OPTIONS, care: undefined }

/** The export that is called if none is named. */
export const DEFAULT = 'default'

/** Submits a call with options that are checked. */
export function submitCall(access: CallAccess, call: Call, options: RunChecked): Promise<unknown> {
  if (access.terms.care === undefined) return access.origin.submit(call, options)
  try {
    return forCare().callCarefully(access, call, options)
  } catch (error) {
    return rejectedLater(error)
  }
}

/** The options of one call, and of every call. */
export function callOptions({ origin, terms }: CallAccess, options: unknown): RunChecked {
  if (options === undefined) return terms.options
  const own = checkRunOptions(options)
  origin.assertPossible(own)
  if (own.transfer !== undefined && terms.care?.policy !== undefined) {
    throw misuse('transfer is not possible with a policy: what was moved cannot be sent again')
  }
  return terms.options === NO_RUN_OPTIONS ? own : merged(terms.options, own)
}

/** Runs the default export, or the one that is named. */
export function runChecking(access: CallAccess, argument: unknown, options: unknown): Promise<unknown> {
  try {
    const checked = callOptions(access, options)
    return submitCall(access, new Call(checked.name ?? DEFAULT, argument, false), checked)
  } catch (error) {
    return rejectedLater(error)
  }
}

/** The call of `runSync`, and its options. */
export function checkRunSync(access: CallAccess, argument: unknown, options: unknown): [Call, RunChecked] {
  noCare(access.terms.care, 'runSync')
  const checked = callOptions(access, options)
  return [new Call(checked.name ?? DEFAULT, argument, false), checked]
}

/** A batch of calls of the default export, or of the one that is named. */
export function runAllChecking(access: CallAccess, args: unknown, options: unknown): Promise<unknown[]> {
  try {
    const { origin, terms } = access
    noCare(terms.care, 'runAll')
    const list = checkArguments(args)
    if (terms.options.onProgress !== undefined) {
      throw misuse(
        'onProgress is not possible with runAll, which has one result for all tasks; use run for each argument',
      )
    }
    const { transfer, ...own } = checkRunAllOptions(options)
    origin.assertPossible(own)
    const checked = merged<typeof own>(terms.options, own)
    const { name = DEFAULT } = checked
    const transfers = transfer && list.map((argument, index) => checkTransfer(transfer(argument, index), index))
    return origin.submitAll(new CallList(name, list, transfers), checked)
  } catch (error) {
    return rejectedLater(error)
  }
}

export function mapCalls(access: CallAccess, items: unknown, options: unknown): AsyncIterableIterator<unknown> {
  checkItems(items)
  const { origin, terms } = access
  const own = checkMapRunOptions(options)
  const { name = DEFAULT, ...rest } = merged<typeof own>(terms.options, own)
  const taker: Taker<never> = {
    // It references the pool.
    capacity: () => access.places(),
    hasVacancy: () => origin.hasVacancy(),
    awaitTurn: (wait, told, refused) => origin.awaitTurn(wait, told, refused),
    assertPossible: (taskOptions) => origin.assertPossible(taskOptions as RunChecked),
    submit: (_, taskOptions, item) => submitCall(access, new Call(name, item, false), taskOptions as RunChecked),
    ...(terms.care !== undefined && { isRefusal: forCare().isFinalRefusal }),
  }
  return forMaps().mapElsewhere(taker, items, rest)
}

/** Most names of `tasks` whose function is made only once, and their length. */
const MOST_KNOWN = 1_000
const MOST_CHARACTERS = 256

/** The exports as functions, each of which makes a call and submits it. */
export function tasksOf<M>(submit: (call: Call) => Promise<unknown>): Tasks<M> {
  const known = new Map<string, (...args: unknown[]) => Promise<unknown>>()
  return new Proxy(Object.create(null), {
    get(_, name) {
      // Not thenable: `await pool.tasks` must not call an export.
      if (typeof name !== 'string' || name === 'then') return undefined
      let call = known.get(name)
      if (call === undefined) {
        call = (...args) => submit(args.length === 1 ? new Call(name, args[0], false) : new Call(name, args, true))
        // Names may come from anybody, and be no exports.
        if (known.size < MOST_KNOWN && name.length < MOST_CHARACTERS) known.set(name, call)
      }
      return call
    },
  }) as Tasks<M>
}
