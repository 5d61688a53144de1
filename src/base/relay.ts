import { hasHeadroom } from './headroom.js'
import { DOMException, queueMicrotask, resolvedPromise, then } from './intrinsics.js'

const resolved = resolvedPromise(undefined)

/**
 * A signal for everything in this isolate that listens to it: tasks, maps, verbs, pools. However many they are, the
 * signal itself has one listener, as long as somebody listens: Node takes more than ten for a leak, and warns.
 *
 * The signal may come from anywhere: from another realm, from a polyfill, without a `reason`, without
 * `removeEventListener`, with getters and methods that throw. If it throws when it is asked or listened to, that is
 * thrown on, and nobody listens.
 */
class Relay {
  readonly #signal: AbortSignal
  readonly #listeners = new Set<() => void>()
  /** Whether the listener is on the signal. It stays there if it cannot be removed. */
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
      // The listener stays, and calls nobody.
    }
  }

  readonly #abort = (): void => {
    if (!hasHeadroom()) {
      void then.call(resolved, this.#abort)
      return
    }
    this.#stopListening()
    // A listener that another one removes before its turn is not called.
    for (const listener of this.#listeners) {
      this.#listeners.delete(listener)
      try {
        listener()
      } catch (error) {
        // This is what happens if an ordinary listener throws: the others are called all the same.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

const relays = new WeakMap<AbortSignal, AbortSignal>()

/** The relay of a signal. There is one per signal, so whoever listens can tell signals apart by it. */
export function relayOf(signal: AbortSignal): AbortSignal {
  if (signal instanceof Relay) return signal
  let relay = relays.get(signal)
  if (relay === undefined) {
    relay = new Relay(signal) as unknown as AbortSignal
    relays.set(signal, relay)
  }
  return relay
}
