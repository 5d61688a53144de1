import type { Care } from '../options/policy-options.js'
import type { CarelessVerb } from './care.js'
import { forCare } from './needed.js'

/** Throws if a policy or a fallback holds for the verb, which takes none. */
export function noCare(care: Care | undefined, verb: CarelessVerb): void {
  if (care !== undefined) throw forCare().notWithCare(verb)
}
