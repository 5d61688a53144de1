/** What a pool or a view says that has a policy or a fallback, when it is asked for what these cannot do. */
import { misuse } from '../base/errors.js'

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

export type CarelessVerb = keyof typeof INSTEAD

/** The error of a verb that takes no policy and no fallback. */
export function notWithCare(verb: CarelessVerb): TypeError {
  return misuse(
    `${verb} is not possible with a policy, a fallback or a dead letter, which are for one task and not at once; use ${INSTEAD[verb]}`,
  )
}
