import type { WorkerOptions } from 'node:worker_threads'

/**
 * What can be moved: an `ArrayBuffer`, a `MessagePort`, a stream and so on. `bytes.buffer` fits as it is; that of shared memory is refused
 * when it is moved. Taken from `WorkerOptions`, where every version of `@types/node` has it.
 */
export type Transferable = NonNullable<WorkerOptions['transferList']>[number] | ArrayBufferLike

const TRANSFER = Symbol('workpool.transfer')

/** A value that is to be moved rather than cloned. */
class Transfer {
  readonly [TRANSFER] = true

  constructor(
    readonly value: unknown,
    readonly list: readonly Transferable[],
  ) {}
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
  // Typed as the value itself, which is what arrives.
  return new Transfer(value, [...list]) as unknown as T
}

export const isTransfer = (value: unknown): value is Transfer => value instanceof Transfer
