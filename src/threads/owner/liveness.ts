/** What can be seen of a thread without the event loop, by which Node tells everything else. */
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'

/**
 * Whether the system has let a thread begin. A thread that has begun fills in those of its limits that nobody has set;
 * before, they are −1.
 */
export const hasBegun = ({ resourceLimits = {} }: Worker): boolean =>
  Object.values(resourceLimits).every((limit) => limit >= 0)

/**
 * Whether the other side of a port, which holds no message, is still there; to be asked where no `close` event can
 * come. Node closes a port with its other side, also inside `receiveMessageOnPort`, and a port that is closed cannot be
 * transferred: that is found out before the value is read. This one cannot be cloned, so nothing is transferred.
 */
export function isOpen(port: MessagePort): boolean {
  const { port1 } = new MessageChannel()
  let isTransferable = false
  const uncloneable = {
    get value(): never {
      isTransferable = true
      throw new Error('it is open')
    },
  }
  try {
    port1.postMessage(uncloneable, [port])
  } catch {
    return isTransferable
  } finally {
    port1.close()
  }
  return false
}
