/**
 * Timers for a process in which libraries had replaced all others before this code was loaded. The timeout of a socket
 * that is never connected is one of Node's own, and no public function sets it. These timers never keep the process
 * alive; what is open does.
 */
import type { Socket } from 'node:net'

/** The part of a `NodeJS.Timeout` that is used here. */
interface SocketTimer {
  readonly socket: Socket
  unref(): SocketTimer
}

export function setTimeout(callback: () => void, ms: number): SocketTimer {
  // This is seldom needed, so it is not loaded with everything else.
  const net = require('node:net') as typeof import('node:net')
  const socket = new net.Socket().setTimeout(Math.max(1, Math.ceil(ms)), () => {
    socket.setTimeout(0)
    callback()
  })
  return { socket, unref: () => ({ socket }) as SocketTimer }
}

export function clearTimeout(timer: SocketTimer): void {
  timer.socket.setTimeout(0)
}

/** By then the event loop has had its turn, because a timer is due in one of its next ones. */
export function setImmediate(callback: () => void): void {
  setTimeout(callback, 1)
}
