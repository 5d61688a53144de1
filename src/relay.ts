/**
 * A signal as all pools of a MultiPool see it, with one listener on the signal itself however many pools listen: Node takes
 * more than ten for a leak and warns. It has what a pool needs of a signal, and listens only while somebody listens to it.
 */
class Relay {
  readonly #signal: AbortSignal
  readonly #listeners = new Set<() => void>()
  readonly #abort = (): void => {
    // One that is taken away by another before its turn is not called.
    for (const listener of this.#listeners) {
      this.#listeners.delete(listener)
      listener()
    }
  }

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  get aborted(): boolean {
    return this.#signal.aborted
  }

  get reason(): unknown {
    return this.#signal.reason
  }

  addEventListener(type: 'abort', listener: () => void): void {
    if (this.#listeners.size === 0) this.#signal.addEventListener(type, this.#abort, { once: true })
    this.#listeners.add(listener)
  }

  removeEventListener(type: 'abort', listener: () => void): void {
    if (!this.#listeners.delete(listener)) return
    if (this.#listeners.size === 0) this.#signal.removeEventListener(type, this.#abort)
  }
}

const relays = new WeakMap<AbortSignal, AbortSignal>()

/** The relay of a signal: one, for pools tell signals apart. */
export function relayOf(signal: AbortSignal): AbortSignal {
  let relay = relays.get(signal)
  if (relay === undefined) {
    relay = new Relay(signal) as unknown as AbortSignal
    relays.set(signal, relay)
  }
  return relay
}
