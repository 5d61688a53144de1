import type { WorkerOptions } from 'node:worker_threads'

import { threadWide } from './thread-wide.js'

/**
 * What can be moved: an `ArrayBuffer`, a `MessagePort`, a stream and so on. `bytes.buffer` fits as it is; that of shared memory is refused
 * when it is moved. Taken from `WorkerOptions`, where every version of `@types/node` has it.
 */
export type Transferable = NonNullable<WorkerOptions['transferList']>[number] | ArrayBufferLike

/** A value that is to be moved rather than cloned. */
export interface Transfer {
  readonly value: unknown
  readonly list: readonly Transferable[]
}

/**
 * Return this from a task, or resolve to it, to move what `list` names to the caller rather than clone it. For a caller in another
 * isolate than the owner of a shared pool, `ArrayBuffer`s are copied and detached, and nothing else can be moved.
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
