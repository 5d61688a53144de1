import {
  type OverloadReason,
  PoolClearedError,
  PoolClosedError,
  PoolOverloadError,
  TaskTimeoutError,
  WaitTimeoutError,
} from '../base/errors.js'
import { Refusal, Rejection, Special } from '../native/abi.js'
import type { RefusalReason } from '../observe/channels.js'

/** The ends of a task whose error the core does not know: that of a thread, or of an `init`; or which is no error. */
export type ThreadRejection = Rejection.crashed | Rejection.startFailed | Rejection.leftOut

/** What a `PoolOverloadError` says of its pool. */
export type Strain = Pick<PoolOverloadError, 'waiting' | 'capacity' | 'retryAfter'>

/** Whether what the core gives for a task that is handed in says that it does not take it. */
export const isRefusal = (code: number): boolean => code <= Special.lastRefusal

/** Why a task was refused that the pool could not take. */
export function reasonOf(code: Refusal): Exclude<OverloadReason, 'displaced' | 'shed'> {
  if (code === Refusal.paused) return 'paused'
  if (code === Refusal.key) return 'key'
  return code === Refusal.rate ? 'rate' : 'overload'
}

/** The same of any refusal at a submit, as it is counted. */
export function reasonOfRefusal(code: Refusal): RefusalReason {
  if (code === Refusal.closed) return 'closed'
  if (code === Refusal.waitTimeout) return 'waitTimeout'
  return code === Refusal.untimely ? 'noThread' : reasonOf(code)
}

/** Whether a task that the core has ended was waiting, and has not begun. */
export const isTurnedAway = (rejection: Rejection): boolean =>
  rejection !== Rejection.taskTimeout &&
  rejection !== Rejection.destroyed &&
  rejection !== Rejection.crashed &&
  rejection !== Rejection.startFailed

/**
 * The error of a task that the core has ended.
 *
 * @param limit the time in ms that the task has exceeded, if it has
 * @param task the name of the task, if it has one
 * @param strain how busy the pool is
 */
export function rejectionError(
  rejection: Exclude<Rejection, ThreadRejection>,
  limit: number,
  pool: string,
  task: string | undefined,
  strain: () => Strain,
): Error {
  switch (rejection) {
    case Rejection.released:
      return new PoolClosedError(pool, 'the pool was released while the task waited')
    case Rejection.destroyed:
      return new PoolClosedError(pool, 'the pool was destroyed')
    case Rejection.waitTimeout:
      return new WaitTimeoutError(pool, limit, task)
    case Rejection.taskTimeout:
      return new TaskTimeoutError(pool, limit, task)
    case Rejection.displaced:
      return new PoolOverloadError(pool, 'displaced', strain())
    case Rejection.shed:
      return new PoolOverloadError(pool, 'shed', strain())
    case Rejection.cleared:
      return new PoolClearedError(pool)
  }
}
