/** What a task module imports; and, imported in a thread of a pool, what makes it one. */
import { syncBuiltinESMExports } from 'node:module'

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
 * The task that is being called, or `undefined` if there is none. Call it before the first `await`, and keep what it
 * gives.
 *
 * ```js
 * export async function scan(path) {
 *   const signal = currentTask()?.signal
 *   for await (const entry of walk(path)) signal?.throwIfAborted()
 * }
 * ```
 */
export function currentTask(): CurrentTask | undefined {
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
