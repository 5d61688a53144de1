import { enlisted } from '../base/registry.js'
import type { MultiPool } from './multi-pool.js'
import type { Pool } from './pool.js'
import type { ThreadPool } from './thread-pool.js'

/**
 * The pools of this isolate that are still there, in the order in which they were made: for a health check, a page of
 * numbers, or a shutdown that closes everything.
 *
 * ```js
 * for (const pool of pools()) console.log(`${pool.kind} ${pool.name}: ${pool.busy} busy, ${pool.waiting} waiting`)
 * await Promise.all(pools().map((pool) => pool.close()))
 * ```
 *
 * A pool is listed from its creation for as long as the program references it, also while it is closed, as it may be
 * rebooted: `isClosed` tells. The list holds no pool: one that nobody references any more is released as ever. The pools
 * of a `MultiPool` stand before it. Views (`with`) are no pools of their own. Of a shared pool each `create` of this
 * isolate is listed; the pools that other isolates have made are not.
 */
export function pools(): (Pool<any> | ThreadPool<any> | MultiPool<any>)[] {
  return enlisted().map(({ pool }) => pool as Pool<any> | ThreadPool<any> | MultiPool<any>)
}
