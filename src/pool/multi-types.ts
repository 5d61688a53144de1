/** The types of what a MultiPool has, by the kind of its pools. */
import type { Group, ThreadGroup } from '../group/group.js'
import type { Outcome } from '../group/outcome.js'
import type { GroupOptions } from '../options/group-options.js'
import type { GroupRun } from './module-types.js'
import type { NativePool } from './native-pool.js'
import type { Pool } from './pool.js'
import type { ThreadPool } from './thread-pool.js'

/** The type of `future` over pools of this kind. */
export type FutureOf<P> =
  P extends Pool<infer R> ? Pool<R>['future'] : P extends ThreadPool<infer M> ? ThreadPool<M>['future'] : never

/** The group over pools of this kind. */
export type GroupOf<P, T, J> =
  P extends Pool<infer R> ? Group<R, T, J> : P extends ThreadPool<infer M> ? ThreadGroup<GroupRun<M>, T, J> : never

/** Pools of closures, thread pools, or native pools. */
export type OfOneKind<P> = [P] extends [Pool<any>]
  ? unknown
  : [P] extends [ThreadPool<any>]
    ? unknown
    : [P] extends [NativePool]
      ? unknown
      : never

/**
 * The type of `group` over pools of this kind. Each task of the group is in the first pool that takes it. A group with a
 * `limit` is kept within one pool, which the strategy names when the group is made.
 *
 * ```js
 * await using group = db.group({ mode: 'any' })
 * for (const id of ids) group.submit(({ resource }) => resource.query('select …', id))
 * ```
 */
export interface MultiGroup<P> {
  /** @throws TypeError or RangeError with code `ERR_POOL_OPTION`, and what a strategy that is a function throws */
  <T = unknown>(options?: GroupOptions & { mode?: 'all' | undefined }): GroupOf<P, T, T[]>
  <T = unknown>(options: GroupOptions & { mode: 'any' }): GroupOf<P, T, T>
  <T = unknown>(options: GroupOptions & { mode: 'allSettled' }): GroupOf<P, T, Outcome<T>[]>
  <T = unknown>(options?: GroupOptions): GroupOf<P, T, T | T[] | Outcome<T>[]>
}
