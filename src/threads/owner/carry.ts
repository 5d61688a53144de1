import type { CheckedCarrier } from '../../options/carry-options.js'

/** What the carriers have for a task that is submitted now: `undefined` if none of them has anything. */
export function capture(carry: readonly CheckedCarrier[]): unknown[] | undefined {
  let carried: unknown[] | undefined
  for (let place = 0; place < carry.length; place++) {
    const value = carry[place]!.capture()
    if (value === undefined) continue
    carried ??= Array.from({ length: carry.length })
    carried[place] = value
  }
  return carried
}
