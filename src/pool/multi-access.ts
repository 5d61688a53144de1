/** The ways into the pools of a MultiPool, and what its options are checked with. */
import type { Job } from '../addons/job.js'
import type { NativeOrigin } from '../addons/native-origin.js'
import { rejectedLater } from '../base/intrinsics.js'
import type { SubmitChecked, SubmitOptions } from '../options/options.js'
import type { JobChecked, NativeJobOptions } from '../options/native-options.js'
import type { DeadLetterOptions, PolicyOptions, Terms } from '../options/policy-options.js'
import type { RunChecked, WithOptions } from '../options/thread-options.js'
import type { Strategy } from '../options/strategy.js'
import type { ClosureOrigin } from '../origin/closure-origin.js'
import { MultiOrigin } from '../origin/multi-origin.js'
import type { Closure } from '../origin/task.js'
import type { Call } from '../threads/owner/call.js'
import type { CallList } from '../threads/owner/call-list.js'
import type { StreamHome } from '../threads/stream/home.js'
import type { ThreadOrigin } from '../threads/owner/thread-origin.js'
import { type CallAccess, submitCall, tasksOf } from './call-verbs.js'
import type { ClosureAccess } from './closure-access.js'
import type { Tasks } from './module-types.js'
import { noExports } from './other-kind.js'
import type { NativePool } from './native-pool.js'
import type { Pool } from './pool.js'

export {
  checkIndex,
  checkMultiPoolOptions,
  checkOfClosures,
  checkOfThreads,
  checkPools,
  checkStrategy,
} from '../options/multi-pool-options.js'

type OverClosures = MultiOrigin<Closure<any>, SubmitChecked, readonly Closure<any>[], ClosureOrigin<any>>
type OverCalls = MultiOrigin<Call, RunChecked, CallList, ThreadOrigin>

interface OfClosures {
  readonly origin: OverClosures
  readonly terms: Terms<SubmitChecked>
}

interface OfCalls {
  readonly origin: OverCalls
  readonly terms: Terms<RunChecked>
}

interface OfJobs {
  readonly origin: MultiOrigin<Job, JobChecked, readonly Job[], NativeOrigin>
  readonly terms: { readonly options: JobChecked }
}

/** The pools of a MultiPool as one, and what holds for every task. They are of one kind, so one of the three is there. */
export interface Members {
  readonly jobs?: OfJobs
  readonly closures?: OfClosures
  readonly calls?: OfCalls
}

/** The option `defaults` over pools of such a kind. */
export type DefaultsOf<P> = [P] extends [NativePool]
  ? NativeJobOptions
  : PolicyOptions & ([P] extends [Pool<any>] ? SubmitOptions : WithOptions & DeadLetterOptions)

export const overClosures = (name: string, members: ClosureOrigin<any>[], strategy: Strategy): OverClosures =>
  new MultiOrigin<Closure<any>, SubmitChecked, readonly Closure<any>[], ClosureOrigin<any>>(name, members, strategy)

export const overCalls = (name: string, members: ThreadOrigin[], strategy: Strategy): OverCalls =>
  new MultiOrigin<Call, RunChecked, CallList, ThreadOrigin>(name, members, strategy)

export function accessToClosures(pool: object, { origin, terms }: OfClosures): ClosureAccess<any> {
  const abort = (marks: ReadonlySet<unknown>, reason: unknown): void => {
    for (const member of origin.members) member.abortAll(marks, reason)
  }
  return { pool, origin, terms, abort }
}

export function accessToCalls(pool: object, { origin, terms }: OfCalls): CallAccess {
  const places = (): number => origin.members.reduce((sum, member) => sum + member.capacity() * member.concurrency, 0)
  // One that has settled within the call is with none.
  const homeOf = (call: Call): StreamHome => origin.members.find((member) => member.has(call)) ?? origin.members[0]!
  return { pool, origin, terms, places, homeOf }
}

/** The exported functions of the task module. `access`: `undefined` if the pools run closures. */
export function tasksOver(access: CallAccess | undefined): Tasks<any> {
  if (access === undefined) return tasksOf(() => rejectedLater(noExports('tasks')))
  return tasksOf((call) => submitCall(access, call, access.terms.options))
}
