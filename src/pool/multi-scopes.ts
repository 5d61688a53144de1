/** Futures and groups over the pools of a MultiPool, which are of one of the two kinds. */
import type { Future } from '../future/future.js'
import { type CallAccess, runAsFuture, threadGroupOf } from './call-verbs.js'
import { type ClosureAccess, futureChecking, groupOf } from './closure-verbs.js'

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
