/** What a task module imports; and, imported in a thread of a pool, what makes it one. */
import { syncBuiltinESMExports } from 'node:module'

import { misuse } from '../../base/errors.js'
import { setImmediate } from '../../base/intrinsics.js'
import { isAssignment } from '../messages.js'
import type { CurrentTask } from './current-task.js'
import { Thread } from './thread.js'
import { declare, threadWide, workerThreads } from './thread-wide.js'

export { transfer } from './transfer.js'
export type { CurrentTask }

const assignment: unknown = workerThreads.workerData
const thread = isAssignment(assignment) ? new Thread(assignment.workpool) : undefined

if (isAssignment(assignment)) {
  declare({ workerData: assignment.workerData, currentTask: () => thread!.current, transfers: new WeakSet() })
}

/**
 * Whether this isolate is a thread of a pool. It is false everywhere else, so a task module can be imported anywhere.
 */
export const isWorkerThread: boolean = threadWide() !== undefined

/**
 * A clone of the pool's option `workerData`. It is `undefined` if the option was not given, and outside of a pool's
 * threads.
 */
export const workerData: unknown = threadWide()?.workerData

/**
 * The task that is being called. Call it before the first `await` of the function, and keep what it gives: later nobody
 * can tell which task it is.
 *
 * ```js
 * export async function scan(path) {
 *   const task = currentTask()
 *   for await (const entry of walk(path)) task.throwIfAborted()
 * }
 * ```
 *
 * @throws TypeError with code `ERR_POOL_OPTION` outside of a task: after the first `await`, while the task module is
 *   being loaded, and in an isolate that is no thread of a pool. `maybeCurrentTask` gives `undefined` there
 */
export function currentTask(): CurrentTask {
  const task = maybeCurrentTask()
  if (task !== undefined) return task
  throw misuse(
    'currentTask() is called outside of a task; call it before the first await of the function and keep what it gives, or call maybeCurrentTask()',
  )
}

/**
 * The task that is being called, as `currentTask` gives it, or `undefined` outside of a task. It is for code that also
 * runs elsewhere.
 *
 * ```js
 * export const render = (text) => {
 *   maybeCurrentTask()?.throwIfAborted()
 *   return text.toUpperCase()
 * }
 * ```
 */
export function maybeCurrentTask(): CurrentTask | undefined {
  return threadWide()?.currentTask()
}

if (isAssignment(assignment)) {
  // The user's own, also for those who ask node:worker_threads.
  const builtin = workerThreads as { workerData: unknown }
  builtin.workerData = assignment.workerData
  syncBuiltinESMExports()
  thread!.enter()
  // After the file that has imported this one has run.
  setImmediate(() => void thread!.start())
}
