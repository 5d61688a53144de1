import { types } from 'node:util'
import { MessageChannel, type MessagePort, type TransferListItem } from 'node:worker_threads'

import { structuredClone } from '../intrinsics.js'

/** An argument that no codec takes, from the call until the thread is known: cloned, and what it moves is detached. */
export type Enclosure =
  /** Alone in a port. */
  | { readonly port: MessagePort }
  /** As it is. */
  | { readonly argument: unknown; readonly moved: readonly ArrayBuffer[] }

/** @throws DataCloneError, and then nothing is detached */
export function enclose(value: unknown, list: readonly TransferListItem[] = []): Enclosure {
  // A channel of its own costs several times what it costs to move some memory twice. What else can be moved is better not touched
  // on its way: nobody would close it if the task is never run.
  if (list.length > 0 && list.every(types.isArrayBuffer)) {
    const [argument, moved] = structuredClone([value, [...list]] as const, { transfer: [...list] as ArrayBuffer[] })
    return { argument, moved: moved as ArrayBuffer[] }
  }
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(value, [...list])
  } catch (error) {
    port1.close()
    throw error
  }
  port1.unref()
  port2.unref()
  return { port: port2 }
}

/** The task does not run. */
export function discard(enclosure: Enclosure): void {
  if ('port' in enclosure) enclosure.port.close()
}
