/** What `runSync` says that cannot be, because it would block this isolate for ever. */
import { misuse } from '../../base/errors.js'
import { isolate, native } from '../../native/binding.js'

export function assertMayBlock(pool: number): void {
  if (native.mayBlock(isolate, pool)) return
  throw misuse(
    'runSync cannot be called where it would keep the task from its thread, or only another isolate could start one',
  )
}

export const blockedByStreams = (): TypeError =>
  misuse(
    'runSync finds no idle thread and no room for a new one, and the others may wait for a stream of this pool that is open here',
  )
