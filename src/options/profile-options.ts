/** The options of a profile. */
import { misuse } from '../base/errors.js'
import { POSITIVE_MS, milliseconds, positiveMs, reader } from './checks.js'

/** Options of `profile`. */
export interface ProfileOptions {
  /** For how many milliseconds the threads are watched; needed. Above 0 and up to 2³¹ − 1. */
  ms: number
}

const read = reader('the options of profile', { ms: milliseconds(positiveMs, POSITIVE_MS) })

export function checkProfileOptions(options: unknown): ProfileOptions {
  const { ms } = read(options)
  if (ms === undefined) throw misuse('ms is missing: for how many milliseconds the threads are to be watched')
  return { ms }
}
