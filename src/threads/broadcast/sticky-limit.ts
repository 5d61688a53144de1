import { clearTimeout, monotonicNow, setTimeout } from '../../base/intrinsics.js'
import { whileBlocked } from '../../native/isolate.js'

/** How long a thread may take for what is sticky, while it loads. The owner looks at it, also while it is blocked. */
export class StickyLimit {
  #end: (() => void) | undefined

  /** The thread begins what may take so many ms; 0 for any time. */
  begin(ms: number, expired: () => void): void {
    this.end()
    if (ms === 0) return
    const at = monotonicNow() + ms
    const expire = (): void => {
      this.end()
      expired()
    }
    const look = (): void => {
      if (monotonicNow() >= at) expire()
    }
    const timer = setTimeout(expire, ms).unref()
    whileBlocked.add(look)
    this.#end = () => {
      clearTimeout(timer)
      whileBlocked.delete(look)
    }
  }

  /** The thread has done it, or is gone. */
  end(): void {
    this.#end?.()
    this.#end = undefined
  }
}
