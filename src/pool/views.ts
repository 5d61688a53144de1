/** The views that `with` gives: ways into a pool that have terms of their own. They make no call into the core, and nobody holds them. */
import { checkWithOptions } from '../options/options.js'
import { nested } from '../options/policy-options.js'
import { checkWithRunOptions } from '../options/thread-options.js'
import { type CallAccess, mapCalls, runAllChecking, runChecking, submitCall, tasksOf } from './call-verbs.js'
import type { ClosureAccess } from './closure-access.js'
import type { Tasks } from './module-types.js'
import { forClosures, forScopes, forStreams } from './needed.js'
import type { PoolWith, With } from './view-types.js'

/** A view of what takes closures. Its verbs can be taken off it. */
export function viewOfClosures<R>(outer: ClosureAccess<R>, options: unknown): PoolWith<R> {
  const own = checkWithOptions(options)
  outer.origin.assertPossible(own.options)
  const access: ClosureAccess<R> = { ...outer, terms: nested(outer.terms, own) }
  const view = {
    submit: (task: unknown, its: unknown) => forClosures().submitChecking(access, task, its),
    future: (task: unknown, its: unknown) => forScopes().futureChecking(access, task, its),
    group: (its: unknown) => forScopes().groupOf(access, its),
    submitAll: (tasks: unknown, its: unknown) => forClosures().submitAllChecking(access, tasks, its),
    execute: (task: unknown, its: unknown) => forClosures().executeChecking(access, task, its),
    tryExecute: (task: unknown, its: unknown) => forClosures().tryExecuteChecking(access, task, its),
    map: (items: Iterable<unknown>, task: () => unknown, its: unknown) =>
      forClosures().mapChecking(access, items, task, its),
    wrap: (f: unknown) => forClosures().wrapping(access, f),
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
    future: (argument: unknown, its: unknown) => forScopes().runAsFuture(access, argument, its),
    group: (its: unknown) => forScopes().threadGroupOf(access, its),
    runAll: (args: unknown, its: unknown) => runAllChecking(access, args, its),
    map: (items: unknown, its: unknown) => mapCalls(access, items, its),
    stream: (argument: unknown, its: unknown) => forStreams().streamChecking(access, argument, its),
    with: (its: unknown) => viewOfCalls(access, its),
  }
  return view as unknown as With<M, D>
}
