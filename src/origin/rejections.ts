import { PoolClosedError, TaskTimeoutError, WaitTimeoutError } from '../base/errors.js'
import { Rejection } from '../native/abi.js'

/** The ends of a task that only a thread can bring about. */
export type ThreadRejection = Rejection.crashed | Rejection.startFailed

/**
 * The error of a task that the core has ended.
 *
 * @param limit the time in ms that the task has exceeded, if it has
 * @param task the name of the task, if it has one
 */
export function rejectionError(
  rejection: Exclude<Rejection, ThreadRejection>,
  limit: number,
  pool: string,
  task: string | undefined,
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
  }
}
