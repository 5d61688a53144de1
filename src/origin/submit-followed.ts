import { Offer, Refusal } from '../native/abi.js'
import type { RefusalReason } from '../observe/channels.js'
import type { Followed } from './followed.js'
import { type JobOptions, type Origin, isRefusal } from './origin.js'
import { reasonOf } from './rejections.js'

function reasonOfRefusal(code: Refusal): RefusalReason {
  if (code === Refusal.closed) return 'closed'
  if (code === Refusal.waitTimeout) return 'waitTimeout'
  return code === Refusal.untimely ? 'noThread' : reasonOf(code)
}

/** Hands in the job of a task that somebody follows. Throws nothing: whatever goes wrong, the task has failed. */
export function submitFollowed<J, O extends JobOptions>(
  followed: Followed,
  origin: Origin<J, O, any>,
  job: J,
  options: O,
): void {
  const { signal } = options
  try {
    if (signal?.aborted) {
      followed.endsBy('abort')
      followed.fail(signal.reason)
      return
    }
    const code = origin.offerSilently(job, { ...options, followed }, Offer.normal)
    if (isRefusal(code)) followed.refuse(reasonOfRefusal(code), origin.refusal(code, job))
  } catch (error) {
    if (signal?.aborted) followed.endsBy('abort')
    followed.fail(error)
  }
}
