/** What a pool or a view says that has a policy or a fallback, when it is asked for what these cannot do. */
import { misuse } from '../base/errors.js'
import type { Care } from '../options/policy-options.js'

/** The ways to hand in tasks for which no policy and no fallback can answer, and what is there instead. */
const INSTEAD = {
  submitAll: 'submit for each task',
  execute: 'submit',
  tryExecute: 'submit',
  future: 'submit or run',
  group: 'a pool or a view without them',
  lease: 'a pool or a view without them',
  runAll: 'run for each argument',
  runSync: 'run',
  stream: 'a pool or a view without them',
} as const

/** Throws if a policy or a fallback holds for the verb, which takes none. */
export function noCare(care: Care | undefined, verb: keyof typeof INSTEAD): void {
  if (care === undefined) return
  throw misuse(
    `${verb} is not possible with a policy or a fallback, which answer for one task and not at once; use ${INSTEAD[verb]}`,
  )
}
