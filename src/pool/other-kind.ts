/** What a MultiPool says when it is asked for what its pools cannot do. */
import { misuse } from '../base/errors.js'

/** The verbs that take closures, and what thread pools have instead. */
const OF_CLOSURES = {
  submit: 'run or tasks',
  submitAll: 'runAll',
  execute: 'run or tasks',
  tryExecute: 'run or tasks',
  lease: 'run or tasks',
  wrap: 'tasks',
} as const

/** The verbs that call exports, and what pools of closures have instead. */
const OF_EXPORTS = {
  run: 'submit, execute or tryExecute',
  runAll: 'submitAll',
  stream: 'submit for each item, or map',
  tasks: 'submit, execute or tryExecute',
  broadcast: 'submit for each of what is to be done',
} as const

export type ClosureVerb = keyof typeof OF_CLOSURES
export type ExportVerb = keyof typeof OF_EXPORTS

/** What a thread pool says that is asked for a lease. */
export function noLease(): TypeError {
  return misuse('lease needs a Pool, whose worker holds a resource of this isolate; a ThreadPool has none')
}

/** What a thread pool says that is to wrap a function. */
export function noWrap(): TypeError {
  return misuse('wrap takes a function of this isolate, and a thread runs none; tasks has a function for each export')
}

/** The pools are thread pools, and the verb takes closures. */
export function noClosures(verb: ClosureVerb): TypeError {
  if (verb === 'lease') return noLease()
  if (verb === 'wrap') return noWrap()
  return misuse(
    `${verb} takes a closure, and this MultiPool has thread pools, which run none; use ${OF_CLOSURES[verb]}`,
  )
}

/** The pools run native jobs, and the verb is another one than `job`. */
export function onlyJobs(verb: string): TypeError {
  return misuse(`${verb} is not possible: the pools of this MultiPool run native jobs; use job`)
}

/** The pools run no native jobs. */
export function noJobs(): TypeError {
  return misuse('job makes a ticket for a native job, and this MultiPool has no native pools')
}

/** The pools run closures, in this isolate, and the verb looks at threads. */
export function noThreads(verb: 'stacks' | 'profile'): TypeError {
  return misuse(`${verb} looks at threads, and the pools of this MultiPool run closures in this isolate`)
}

/** The pools run closures, and the verb calls an export. */
export function noExports(verb: ExportVerb): TypeError {
  return misuse(`${verb} calls an export of a module, and this MultiPool has no thread pools; use ${OF_EXPORTS[verb]}`)
}
