import { types } from 'node:util'
import { MessageChannel, type MessagePort, type Transferable as NodeTransferable } from 'node:worker_threads'

import { structuredClone } from '../../base/intrinsics.js'
import { Verdict } from '../../wire/payload/index.js'
import type { Transferable } from '../../base/transferable.js'
import { encode, sendWritten, surveyed } from '../../wire/values.js'

/**
 * An argument that only a message port can bring. It is kept from the call until the thread is known; it has been
 * cloned, and what it moves is detached.
 */
export type PortArgument =
  /** The argument is alone in a port. */
  | { readonly port: MessagePort }
  /** The argument is kept as it is. */
  | { readonly port: undefined; readonly argument: unknown; readonly moved: readonly ArrayBuffer[] }

/**
 * Makes an argument ready to go out that `encode` has declined, or whose list of what is to be moved is not empty.
 * `undefined`: it is ready to go with the next native call.
 *
 * While a task waits its argument is kept as it is rather than in a port: the event loop looks at every port whenever
 * it is woken, and a port costs several times what it costs to clone a small value twice. Large ones are few, as memory
 * is bounded.
 *
 * @param write encodes a value, or declines
 * @throws DataCloneError, and then nothing is detached
 */
export function toPortArgument(
  value: unknown,
  list: readonly Transferable[] = [],
  write: (value: unknown) => boolean = encode,
): PortArgument | undefined {
  if (list.length > 0)
    return list.every(types.isArrayBuffer) ? keep(value, list as readonly ArrayBuffer[]) : post(value, list)
  const verdict = surveyed(value)
  if (verdict === Verdict.large) return post(value, list)
  if (verdict === Verdict.same) {
    sendWritten(value)
    return undefined
  }
  const argument = structuredClone(value)
  // After the clone nothing is an instance of a class or behind a getter any more. An object that V8 still does not
  // know is one of Node's.
  if (write(argument)) return undefined
  if (surveyed(argument, true) !== Verdict.same) return { port: undefined, argument, moved: [] }
  sendWritten(argument)
  return undefined
}

/**
 * The same for an argument that goes to several threads. So it is not alone in a port, from which only one could take
 * it, and nothing of it is moved.
 */
export function toSharedArgument(value: unknown): PortArgument | undefined {
  const verdict = surveyed(value)
  if (verdict === Verdict.same) {
    sendWritten(value)
    return undefined
  }
  const argument = structuredClone(value)
  if (verdict !== Verdict.large) {
    if (encode(argument)) return undefined
    if (surveyed(argument, true) === Verdict.same) {
      sendWritten(argument)
      return undefined
    }
  }
  return { port: undefined, argument, moved: [] }
}

function keep(value: unknown, list: readonly ArrayBuffer[]): PortArgument {
  const [argument, moved] = structuredClone([value, [...list]] as const, { transfer: [...list] })
  return { port: undefined, argument, moved }
}

/** Other things that can be moved are not touched on their way: if the task never runs, nobody would close them. */
function post(value: unknown, list: readonly Transferable[]): PortArgument {
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(value, [...list] as NodeTransferable[])
  } catch (error) {
    port1.close()
    throw error
  }
  port1.unref()
  port2.unref()
  return { port: port2 }
}

/** The task does not run. */
export function discard(argument: PortArgument): void {
  argument.port?.close()
}
