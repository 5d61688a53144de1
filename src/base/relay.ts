import { hasHeadroom } from './headroom.js'
import { DOMException, monotonicNow, resolvedPromise, then } from './intrinsics.js'
import { SLICE, inSlices } from './slices.js'
import { throwLater } from './uncaught.js'

const resolved = resolvedPromise(undefined)

/** How long listeners are called, in ms, before something else may have its turn: what one of them does may be much. */
const SLICE_MS = 1

/** How many signals have aborted and have listeners that have not been called. */
let aborting = 0

/**
 * A signal for everything in this isolate that listens to it: tasks, maps, verbs, pools. However many they are, the
 * signal itself has one listener, as long as somebody listens: Node takes more than ten for a leak, and warns.
 *
 * The signal may come from anywhere: from another realm, from a polyfill, without a `reason`, without
 * `removeEventListener`, with getters and methods that throw. If it throws when it is asked or listened to, that is
 * thrown on, and nobody listens.
 *
 * Very many listeners are called in slices: whoever goes on with what one of them is for has it `heed` the signal first.
 */
class Relay {
  readonly signal: AbortSignal
  readonly #listeners = new Set<() => void>()
  /** Whether the listener is on the signal. It stays there if it cannot be removed. */
  #isListening = false
  /** Whether the signal has aborted and its listeners have not all been called. */
  #isAborting = false
  /** The reason of a signal that has none. */
  #error: DOMException | undefined

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  get aborted(): boolean {
    return this.signal.aborted
  }

  get reason(): unknown {
    let reason: unknown
    try {
      reason = this.signal.reason
    } catch (error) {
      return error
    }
    if (reason !== undefined) return reason
    return (this.#error ??= new DOMException('This operation was aborted', 'AbortError'))
  }

  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.#isListening) {
      this.signal.addEventListener('abort', this.#abort)
      this.#isListening = true
    }
    this.#listeners.add(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#stopListening()
  }

  #stopListening(): void {
    try {
      this.signal.removeEventListener('abort', this.#abort)
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
    // One for all slices: a new one would pass everything that has been deleted.
    const left = this.#listeners.values()
    aborting++
    this.#isAborting = true
    inSlices(() => this.#callSome(left))
  }

  /** Returns whether no listener is left. A listener that another one removes before its turn is not called. */
  #callSome(left: Iterator<() => void>): boolean {
    const endsAt = monotonicNow() + SLICE_MS
    for (let count = 0; count < SLICE; count++) {
      const { done, value } = left.next()
      if (done) {
        aborting--
        this.#isAborting = false
        return true
      }
      this.#call(value)
      if (monotonicNow() >= endsAt) break
    }
    return false
  }

  /** A listener that has been called, or removed, is not called. */
  #call(listener: () => void): void {
    if (!this.#listeners.delete(listener)) return
    try {
      listener()
    } catch (error) {
      throwLater(error)
    }
  }

  /** Calls the listener at once, if the signal has aborted and its turn has not come. */
  heed(listener: () => void): void {
    if (this.#isAborting) this.#call(listener)
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

/** Whether there are listeners whose signal has aborted and whose turn has not come: those of one signal are very many. */
export const isAnyAborting = (): boolean => aborting > 0

/** Calls such a listener at once. */
export function heed(signal: AbortSignal, listener: () => void): void {
  ;(signal as unknown as Relay).heed(listener)
}

/** The signal that a relay stands for; any other signal is its own. */
export const originalOf = (signal: AbortSignal): AbortSignal =>
  (signal as unknown) instanceof Relay ? (signal as unknown as Relay).signal : signal
