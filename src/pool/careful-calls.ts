/** What a pool or a view has that has a policy or a fallback. */
import { needHeadroom } from '../base/headroom.js'
import { DEAD_LETTER } from '../options/policy-options.js'
import type { RunChecked } from '../options/thread-options.js'
import type { Trail } from '../observe/traced-task.js'
import { carefully, forAttempt } from '../policy/careful.js'
import { Call } from '../threads/owner/call.js'
import { SPREAD } from '../wire/values.js'
import type { CallAccess } from './call-verbs.js'

export { notWithCare } from './care.js'
export { carefully, forAttempt, isFinalRefusal } from '../policy/careful.js'

/** A call that tells the refusal of its task from the failure of it. */
class Attempt extends Call {
  /** Whether its task was accepted, and then turned away before a thread had it. */
  #isTurnedAway = false

  override turnAway(error: unknown): void {
    this.#isTurnedAway = true
    super.turnAway(error)
  }

  wasTurnedAway(): boolean {
    return this.id < 0 || this.#isTurnedAway
  }
}

export function callCarefully(access: CallAccess, call: Call, options: RunChecked): Promise<unknown> {
  needHeadroom()
  const { name, argument } = call
  const isSpread = (call.flags & SPREAD) !== 0
  const care = access.terms.care!
  const submit = (signal: AbortSignal | undefined, trail: Trail) => {
    const attempt = new Attempt(name, argument, isSpread)
    const promise = access.origin.submit(attempt, forAttempt(options, signal, trail))
    return { promise, wasTurnedAway: () => attempt.wasTurnedAway() }
  }
  const { deadLetter } = care
  const bury = deadLetter && ((error: unknown) => deadLetter[DEAD_LETTER]({ task: name, argument, isSpread, error }))
  return carefully(care, options.signal, argument, submit, bury)
}
