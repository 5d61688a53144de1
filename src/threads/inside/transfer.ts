import type { Transferable } from '../../base/transferable.js'
import { type Transfer, threadWide } from './thread-wide.js'

/**
 * Return this from a task to move what is in `list` to the caller, instead of cloning it. If the caller is a guest of a
 * shared pool, `ArrayBuffer`s are copied and then detached, and nothing else can be moved.
 *
 * ```js
 * export const draw = (size) => { const image = new Uint8Array(size); return transfer(image, [image.buffer]) }
 * ```
 */
export function transfer<T>(value: T, list: readonly Transferable[]): T {
  const transferred: Transfer = { value, list: [...list] }
  threadWide()?.transfers.add(transferred)
  // Typed as the value itself, which is what arrives.
  return transferred as unknown as T
}

/** Those of this thread, once they have been asked for: it is done for every result. */
let transfers: WeakSet<Transfer> | undefined

/** In a thread. Asks the value nothing: it may be a Proxy. */
export const isTransfer = (value: unknown): value is Transfer =>
  typeof value === 'object' && value !== null && (transfers ??= threadWide()!.transfers).has(value as Transfer)
