import { hasHeadroom } from './headroom.js'
import { DOMException, queueMicrotask, resolvedPromise, then } from './intrinsics.js'

const resolved = resolvedPromise(undefined)

/**
 * A signal as everything of this isolate sees it that listens to it: tasks, maps, verbs, pools. There is one listener on the signal
 * itself however many they are – Node takes more than ten for a leak and warns –, and one as long as somebody listens.
 *
 * The signal may be anybody's: of another realm, of a polyfill, without a `reason`, without `removeEventListener`, with getters and
 * methods that throw. What it throws when it is asked or listened to is thrown, and nobody listens then.
 */
class Relay {
  readonly #signal: AbortSignal
  readonly #listeners = new Set<() => void>()
  /** Whether ours is on the signal. It stays there if it cannot be taken away. */
  #isListening = false
  /** The reason of a signal that has none. */
  #error: DOMException | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  get aborted(): boolean {
    return this.#signal.aborted
  }

  get reason(): unknown {
    let reason: unknown
    try {
      reason = this.#signal.reason
    } catch (error) {
      return error
    }
    if (reason !== undefined) return reason
    return (this.#error ??= new DOMException('This operation was aborted', 'AbortError'))
  }

  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.#isListening) {
      this.#signal.addEventListener('abort', this.#abort)
      this.#isListening = true
    }
    this.#listeners.add(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#stopListening()
  }

  #stopListening(): void {
    try {
      this.#signal.removeEventListener('abort', this.#abort)
      this.#isListening = false
    } catch {
      // It stays, and nobody hears of it.
    }
  }

  readonly #abort = (): void => {
    if (!hasHeadroom()) {
      void then.call(resolved, this.#abort)
      return
    }
    this.#stopListening()
    // One that is taken away by another before its turn is not called.
    for (const listener of this.#listeners) {
      this.#listeners.delete(listener)
      try {
        listener()
      } catch (error) {
        // As of a listener of its own: the others are called all the same.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

const relays = new WeakMap<AbortSignal, AbortSignal>()

/** The relay of a signal: one, as those who listen tell signals apart. */
export function relayOf(signal: AbortSignal): AbortSignal {
  if (signal instanceof Relay) return signal
  let relay = relays.get(signal)
  if (relay === undefined) {
    relay = new Relay(signal) as unknown as AbortSignal
    relays.set(signal, relay)
  }
  return relay
}
