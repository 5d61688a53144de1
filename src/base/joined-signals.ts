import { AbortController, Map } from './intrinsics.js'
import { heed, originalOf, relayOf } from './relay.js'

/** Two signals or more as one, for those who listen: it has aborted once one of them has. Nothing of it is held by the signals while nobody listens. */
class Joined {
  readonly parts: readonly AbortSignal[]
  /** The one that aborted first, as far as anybody has looked. */
  #first: AbortSignal | undefined
  /** What listens to the parts for each listener. */
  readonly #listening = new Map<() => void, () => void>()

  constructor(parts: readonly AbortSignal[]) {
    this.parts = parts
  }

  get aborted(): boolean {
    return this.#firstAborted() !== undefined
  }

  get reason(): unknown {
    return (this.#firstAborted() as AbortSignal | undefined)?.reason
  }

  #firstAborted(): AbortSignal | undefined {
    return (this.#first ??= this.parts.find(({ aborted }) => aborted))
  }

  addEventListener(_: 'abort', listener: () => void): void {
    const listen = (): void => {
      this.removeEventListener('abort', listener)
      listener()
    }
    this.#listening.set(listener, listen)
    try {
      for (const part of this.parts) part.addEventListener('abort', listen)
    } catch (error) {
      this.removeEventListener('abort', listener)
      throw error
    }
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const listen = this.#listening.get(listener)
    if (listen === undefined) return
    this.#listening.delete(listener)
    for (const part of this.parts) part.removeEventListener('abort', listen)
  }

  /** As `heed` of a relay. */
  heed(listener: () => void): void {
    const listen = this.#listening.get(listener)
    if (listen !== undefined) for (const part of this.parts) heed(part, listen)
  }
}

/** The signals that a joined one is made of; `undefined`, if it is no joined one. They are relays. */
export const partsOf = (signal: AbortSignal): readonly AbortSignal[] | undefined =>
  (signal as unknown) instanceof Joined ? (signal as unknown as Joined).parts : undefined

/** What stands for the signal in this package: its relay, or itself if it is joined. */
export const standInFor = (signal: AbortSignal): AbortSignal =>
  partsOf(signal) === undefined ? relayOf(signal) : signal

/** A signal that aborts when one of the two does. */
export function joined(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  if (one === undefined || one === other) return other
  if (other === undefined) return one
  const parts = new Set([one, other].flatMap((signal) => partsOf(signal) ?? relayOf(signal)))
  const [only, second] = parts
  return second === undefined ? only! : (new Joined([...parts]) as unknown as AbortSignal)
}

/** A signal of the platform for code that is not of this package, and what ends it when that code has ended. */
export function platformSignalOf(signal: AbortSignal): { readonly signal: AbortSignal; letGo(): void } {
  if (partsOf(signal) === undefined) return { signal: originalOf(signal), letGo() {} }
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal.reason)
  signal.addEventListener('abort', abort)
  return { signal: controller.signal, letGo: () => signal.removeEventListener('abort', abort) }
}
