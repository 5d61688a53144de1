import { Time } from '../native/abi.js'
import { numbers } from '../native/binding.js'

/** The number of a task in its pool, how long it has waited, and how long it has run. */
export interface Times {
  readonly id: number
  readonly waitMs: number
  readonly runMs: number
}

/** The times that the core has written last; read before anything else is called. */
export const timesNow = (): Times => ({
  id: numbers[Time.id]!,
  waitMs: numbers[Time.waitMs]!,
  runMs: numbers[Time.runMs]!,
})
