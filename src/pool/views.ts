/** The views that `with` gives: ways into a pool that have terms of their own. They make no call into the core, and nobody holds them. */
import { checkWithOptions } from '../options/options.js'
import { nested } from '../options/policy-options.js'
import { checkWithRunOptions } from '../options/thread-options.js'
import {
  type CallAccess,
  mapCalls,
  runAllChecking,
  runAsFuture,
  runChecking,
  submitCall,
  tasksOf,
  threadGroupOf,
} from './call-verbs.js'
import {
  type ClosureAccess,
  executeChecking,
  futureChecking,
  groupOf,
  mapChecking,
  submitAllChecking,
  submitChecking,
  tryExecuteChecking,
  wrapping,
} from './closure-verbs.js'
import type { Tasks } from './module-types.js'
import { streamChecking } from './stream-verbs.js'
import type { PoolWith, With } from './view-types.js'

/** A view of what takes closures. Its verbs can be taken off it. */
export function viewOfClosures<R>(outer: ClosureAccess<R>, options: unknown): PoolWith<R> {
  const own = checkWithOptions(options)
  outer.origin.assertPossible(own.options)
  const access: ClosureAccess<R> = { ...outer, terms: nested(outer.terms, own) }
  const view = {
    submit: (task: unknown, its: unknown) => submitChecking(access, task, its),
    future: (task: unknown, its: unknown) => futureChecking(access, task, its),
    group: (its: unknown) => groupOf(access, its),
    submitAll: (tasks: unknown, its: unknown) => submitAllChecking(access, tasks, its),
    execute: (task: unknown, its: unknown) => executeChecking(access, task, its),
    tryExecute: (task: unknown, its: unknown) => tryExecuteChecking(access, task, its),
    map: (items: Iterable<unknown>, task: () => unknown, its: unknown) => mapChecking(access, items, task, its),
    wrap: (f: unknown) => wrapping(access, f),
    with: (its: unknown) => viewOfClosures(access, its),
  }
  return view as unknown as PoolWith<R>
}

/** A view of what calls exports. Its verbs can be taken off it. */
export function viewOfCalls<M, D>(outer: CallAccess, options: unknown): With<M, D> {
  const own = checkWithRunOptions(options)
  outer.origin.assertPossible(own.options)
  const access: CallAccess = { ...outer, terms: nested(outer.terms, own) }
  let tasks: Tasks<M> | undefined
  const view = {
    run: (argument: unknown, its: unknown) => runChecking(access, argument, its),
    get tasks(): Tasks<M> {
      return (tasks ??= tasksOf<M>((call) => submitCall(access, call, access.terms.options)))
    },
    future: (argument: unknown, its: unknown) => runAsFuture(access, argument, its),
    group: (its: unknown) => threadGroupOf(access, its),
    runAll: (args: unknown, its: unknown) => runAllChecking(access, args, its),
    map: (items: unknown, its: unknown) => mapCalls(access, items, its),
    stream: (argument: unknown, its: unknown) => streamChecking(access, argument, its),
    with: (its: unknown) => viewOfCalls(access, its),
  }
  return view as unknown as With<M, D>
}
