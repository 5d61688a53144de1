import { clearTimeout, monotonicNow, setTimeout } from '../../base/intrinsics.js'
import { whileBlocked } from '../../native/isolate.js'

/**
 * The pauses before a thread that died while it loaded is started again, in ms. After the last one the pool gives up.
 */
const RETRIES_MS = [100, 200, 400] as const

/** The workers whose threads wait to be started again. */
export class Retries {
  readonly #retries = new Map<number, { timer: NodeJS.Timeout; lookAfter: () => void }>()

  /** Has `retry` called after the pause. False: there have been so many attempts that there is no other one. */
  later(worker: number, attempt: number, retry: () => void): boolean {
    const pause = RETRIES_MS[attempt]
    if (pause === undefined) return false
    const due = monotonicNow() + pause
    const goOn = (): void => {
      this.giveUp(worker)
      retry()
    }
    // A timer does not come while this isolate is blocked.
    const lookAfter = (): void => {
      if (monotonicNow() >= due) goOn()
    }
    this.#retries.set(worker, { timer: setTimeout(goOn, pause).unref(), lookAfter })
    whileBlocked.add(lookAfter)
    return true
  }

  /** Whether the thread of this worker was to be started again, which it now is not. */
  giveUp(worker: number): boolean {
    const retry = this.#retries.get(worker)
    if (retry === undefined) return false
    clearTimeout(retry.timer)
    whileBlocked.delete(retry.lookAfter)
    return this.#retries.delete(worker)
  }
}
