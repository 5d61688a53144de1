/** Futures and groups: of closures, of calls, and of the pools of a MultiPool, which are of one of the two kinds. */
import { type Future, futureOf } from '../future/future.js'
import { CallGroup, ClosureGroup, type Group, type ThreadGroup } from '../group/group.js'
import { checkTask } from '../options/options.js'
import { Call } from '../threads/owner/call.js'
import { type CallAccess, DEFAULT, callOptions } from './call-verbs.js'
import { forClosures } from './needed.js'
import { noCare } from './no-care.js'
import type { ClosureAccess } from './closure-access.js'

/** The task as a future. */
export const futureChecking = <R>(access: ClosureAccess<R>, task: unknown, options: unknown): Future<unknown> =>
  futureOf(access.origin, () => {
    noCare(access.terms.care, 'future')
    checkTask(task)
    return { job: task, options: forClosures().closureOptions(access, options) }
  })

/** A group of tasks. */
export function groupOf<R>(access: ClosureAccess<R>, options: unknown): Group<R> {
  noCare(access.terms.care, 'group')
  return new ClosureGroup<R>(access, options)
}

/** The call as a future. */
export const runAsFuture = (access: CallAccess, argument: unknown, options: unknown): Future<unknown> =>
  futureOf(access.origin, () => {
    noCare(access.terms.care, 'future')
    const checked = callOptions(access, options)
    return { job: new Call(checked.name ?? DEFAULT, argument, false), options: checked }
  })

/** A group of calls. */
export function threadGroupOf<F>(access: CallAccess, options: unknown): ThreadGroup<F> {
  noCare(access.terms.care, 'group')
  return new CallGroup<F>(access, options)
}

type Closures = ClosureAccess<any> | undefined
type Calls = CallAccess | undefined

export const futureOver =
  (closures: Closures, calls: Calls) =>
  (task: unknown, options: unknown): Future<unknown> =>
    closures === undefined ? runAsFuture(calls!, task, options) : futureChecking(closures, task, options)

export const groupOver =
  (closures: Closures, calls: Calls) =>
  (options: unknown): unknown =>
    closures === undefined ? threadGroupOf(calls!, options) : groupOf(closures, options)
