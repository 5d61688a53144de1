import { Offer } from '../native/abi.js'
import type { Followed } from './followed.js'
import type { JobOptions, Origin } from './origin.js'
import { isRefusal, reasonOfRefusal } from './rejections.js'
import { forTracing, isTraced } from './needed.js'

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
    if (isTraced()) return forTracing().submitFollowedTraced(followed, origin, job, options)
    const code = origin.offerSilently(job, { ...options, followed }, Offer.normal)
    if (isRefusal(code)) followed.refuse(reasonOfRefusal(code), origin.refusal(code, job))
  } catch (error) {
    if (signal?.aborted) followed.endsBy('abort')
    followed.fail(error)
  }
}
