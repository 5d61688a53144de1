/** What thread pools, and a MultiPool of such, have in common beyond `AnyPool`. */
import { rejectedLater } from '../base/intrinsics.js'
import { merged } from '../base/own.js'
import { checkArguments } from '../options/options.js'
import { type RunChecked, checkRunAllOptions, checkRunOptions, checkTransfer } from '../options/thread-options.js'
import type { Origin } from '../origin/origin.js'
import { Call } from '../threads/owner/call.js'
import type { Tasks } from './module-types.js'

export type Calls = Origin<Call, RunChecked>

/** The export that is called if none is named. */
export const DEFAULT = 'default'

/** Runs the default export, or the one that is named. What `options` leaves out is in `defaults`. */
export function runChecking(
  origin: Calls,
  argument: unknown,
  options: unknown,
  defaults: RunChecked,
): Promise<unknown> {
  try {
    const checked = options === undefined ? defaults : merged(defaults, checkRunOptions(options))
    if (options !== undefined) origin.assertPossible(checked)
    return origin.submit(new Call(checked.name ?? DEFAULT, argument, false), checked)
  } catch (error) {
    return rejectedLater(error)
  }
}

/** A batch of calls of the default export, or of the one that is named. */
export function runAllChecking(origin: Calls, args: unknown, options: unknown): Promise<unknown[]> {
  try {
    const list = checkArguments(args)
    const { transfer, ...checked } = checkRunAllOptions(options)
    origin.assertPossible(checked)
    const { name = DEFAULT } = checked
    const calls = list.map((argument, index) => {
      const call = new Call(name, argument, false)
      if (transfer !== undefined) call.transfer = checkTransfer(transfer(argument, index), index)
      return call
    })
    return origin.submitAll(calls, checked)
  } catch (error) {
    return rejectedLater(error)
  }
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
