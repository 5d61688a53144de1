/** How a closure with options is handed to the core. */
import { needHeadroom } from '../base/headroom.js'
import { type Offer, Refusal, Special } from '../native/abi.js'
import { native } from '../native/binding.js'
import type { SubmitChecked } from '../options/options.js'
import type { JobOptions } from './origin.js'

/** Gives what the core says, as `native.submit_with` does. Throws if the stack has no room. */
export function handIn(handle: number, options: SubmitChecked & JobOptions, isNoted: boolean, mode: Offer): number {
  const code = handInOnce(handle, options, isNoted, mode)
  if (code !== Refusal.deep) return code
  needHeadroom()
  return handInOnce(handle, options, isNoted, mode)
}

function handInOnce(handle: number, options: SubmitChecked & JobOptions, isNoted: boolean, mode: Offer): number {
  const { priority = 1, waitTimeout = Special.noLimit, timeout = 0, weight, key, followed } = options
  const noted = isNoted ? 1 : 0
  const group = followed?.group
  if (weight === undefined && key === undefined && group === undefined) {
    return native.submit_with(handle, priority, waitTimeout, timeout, noted, mode)
  }
  const number = group === undefined ? 0 : group.numberIn(handle)
  if (key !== undefined) native.name_key(key)
  const keyed = key === undefined ? 0 : 1
  const limit = group === undefined ? 0 : group.limit
  return native.submit_with(handle, priority, waitTimeout, timeout, noted, mode, weight ?? 1, keyed, number, limit)
}
