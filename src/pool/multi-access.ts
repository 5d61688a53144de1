/** The ways into the pools of a MultiPool. */
import type { SubmitChecked, SubmitOptions } from '../options/options.js'
import type { PolicyOptions, Terms } from '../options/policy-options.js'
import type { RunChecked, WithOptions } from '../options/thread-options.js'
import type { ClosureOrigin } from '../origin/closure-origin.js'
import type { MultiOrigin } from '../origin/multi-origin.js'
import type { Closure } from '../origin/task.js'
import type { Call } from '../threads/owner/call.js'
import type { StreamHome } from '../threads/stream/home.js'
import type { ThreadOrigin } from '../threads/owner/thread-origin.js'
import type { CallAccess } from './call-verbs.js'
import type { ClosureAccess } from './closure-verbs.js'
import type { Pool } from './pool.js'

interface OfClosures {
  readonly origin: MultiOrigin<Closure<any>, SubmitChecked, ClosureOrigin<any>>
  readonly terms: Terms<SubmitChecked>
}

interface OfCalls {
  readonly origin: MultiOrigin<Call, RunChecked, ThreadOrigin>
  readonly terms: Terms<RunChecked>
}

/** The pools of a MultiPool as one, and what holds for every task. They are of one kind, so one of the two is there. */
export interface Members {
  readonly closures?: OfClosures
  readonly calls?: OfCalls
}

/** The option `defaults` over pools of such a kind. */
export type DefaultsOf<P> = PolicyOptions & ([P] extends [Pool<any>] ? SubmitOptions : WithOptions)

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
