/** What a look at a pool of closures needs of it. */
import type { Watched } from '../observe/slow-tasks.js'
import type { Failures } from './failures.js'
import type { Ledger } from './ledger.js'
import type { Slot } from './slot.js'

export const watchedClosures = <R>(
  id: number,
  failures: Failures,
  ledger: Ledger<R>,
  slots: readonly (Slot<R> | undefined)[],
): Watched => ({
  id,
  name: failures.pool,
  log: (level, details, message) => failures.log(level, details, message),
  ownTask: (task, worker) => ledger.ownTask(task, worker === undefined ? undefined : slots[worker]?.context),
})
