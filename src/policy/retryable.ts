import { PoolError } from '../base/errors.js'

/**
 * Whether an error is one of a pool whose call may succeed later: a `PoolError` with `retryable: true`. False for
 * everything else, such as what a task throws. A function of its own, so that it can be handed to a retry.
 *
 * ```js
 * import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
 *
 * const careful = pool.with({ policy: retry(handleWhen(isRetryable), { backoff: new ExponentialBackoff() }) })
 * ```
 */
export const isRetryable = (error: unknown): boolean => PoolError.is(error) && error.retryable
