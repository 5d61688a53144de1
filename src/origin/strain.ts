/** What the core says of a pool that turns tasks away, for their errors. */
import { PoolOverloadError } from '../base/errors.js'
import { Refusal, Special, Word } from '../native/abi.js'
import { native, words } from '../native/binding.js'
import { readQueue } from '../native/stats.js'
import { type Strain, reasonOf } from './rejections.js'

/** After how many ms a task that was refused in this way had better be submitted again, if that is known. */
export function retryAfter(handle: number, code: Refusal): number | undefined {
  const ms = native.retry_after(handle, code)
  return ms === Special.none ? undefined : ms
}

/** The least of several pools, of those that are open; `codes`: how each of them has refused the task. */
export function leastRetryAfter(
  pools: readonly { readonly id: number }[],
  codes: readonly Refusal[],
): number | undefined {
  const each = pools.map(({ id }, index) =>
    codes[index] === Refusal.closed ? undefined : retryAfter(id, codes[index]!),
  )
  const known = each.filter((ms) => ms !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** The error of a task that has just been refused. The core has left the numbers that the error has. */
export function overloadError(handle: number, pool: string, code: Refusal): PoolOverloadError {
  const waiting = words[Word.waiting]!
  const limit = words[Word.capacity]!
  const capacity = limit === Special.unbounded ? Infinity : limit
  return new PoolOverloadError(pool, reasonOf(code), { waiting, capacity, retryAfter: retryAfter(handle, code) })
}

/** What the error of a task says that had to give way. */
export const strainOf = (handle: number): Strain => ({
  ...readQueue(handle),
  retryAfter: retryAfter(handle, Refusal.overload),
})
