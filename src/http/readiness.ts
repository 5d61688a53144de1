import { integer, reader } from '../options/checks.js'
import type { AnyPool } from '../pool/any-pool.js'

/** Of readiness. */
export interface ReadinessOptions {
  /**
   * A pool in which more tasks wait is not ready: whoever has others to send requests to sends them there. From 0 to
   * 2³¹ − 1. Default: no limit.
   */
  maxWaiting?: number | undefined
}

/** How ready a pool is. */
export interface PoolReadiness {
  /** `up`: it takes tasks. */
  readonly status: 'up' | 'down'
  /** Why it is down. */
  readonly reason?: 'closed' | 'paused' | 'crowded'
  readonly busy: number
  readonly waiting: number
  readonly capacity: number
}

export const checkReadiness = reader('the options of readiness', {
  maxWaiting: integer(0, 'an integer from 0 to 2147483647'),
})

/** Looks at a pool. */
export function readinessOf(pool: AnyPool, maxWaiting = Infinity): PoolReadiness {
  const { isClosed, isPaused, busy, waiting, capacity } = pool
  const reason = isClosed ? 'closed' : isPaused ? 'paused' : waiting > maxWaiting ? 'crowded' : undefined
  const numbers = { busy, waiting, capacity }
  return reason === undefined ? { status: 'up', ...numbers } : { status: 'down', reason, ...numbers }
}
