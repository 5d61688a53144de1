/** The options of `adapt`, and the one place where each is checked. */
import { outOfRange } from '../base/errors.js'
import { type Check, MS, functionOf, integer, isNumber, milliseconds, ms, reader } from '../options/checks.js'
import type { Decision } from './decision.js'

/** Options of `adapt`. */
export interface AdaptOptions {
  /**
   * The time between two samples, in ms: an integer from 1 to 2³¹ − 1. Default 1,000. It should be several times as long as a task
   * runs, so that a sample shows what the size does.
   */
  every?: number | undefined
  /** After a change of the size there is none for so many ms, from 0 to 2³¹ − 1. Default 0. The sample after it is of all that time. */
  cooldown?: number | undefined
  /** The most by which one change changes the size: an integer from 1, or `Infinity`, the default. `min` and `max` hold in any case. */
  step?: number | undefined
  /**
   * Is called after each change. What it throws or rejects with goes to the `logger` of the pool, and everything goes on.
   *
   * ```js
   * const pool = Pool.create({ size: 10 })
   * adapt(pool, gradient(), { onChange: ({ before, after, why }) => console.log(`${before} → ${after}: ${why}`) })
   * ```
   */
  onChange?: ((decision: Decision) => unknown) | undefined
}

const STEP = 'an integer from 1, or Infinity'

const step: Check<number> = (value, option) => {
  if (isNumber(value, option, STEP) && value >= 1 && (Number.isInteger(value) || value === Infinity)) return value
  throw outOfRange(option, value, STEP)
}

export const checkAdaptOptions = reader('the options of adapt', {
  every: integer(1, 'an integer from 1 to 2147483647'),
  cooldown: milliseconds(ms, MS),
  step,
  onChange: functionOf,
})
