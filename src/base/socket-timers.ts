/**
 * Timers for a process in which libraries had replaced all others before this code was loaded: the timeout of a socket that is never
 * connected is one of Node's own, and no public function sets it. They never keep the process alive; what is open does.
 */
import type { Socket } from 'node:net'

/** As much of a `NodeJS.Timeout` as is asked for. */
interface SocketTimer {
  readonly socket: Socket
  unref(): SocketTimer
}

export function setTimeout(callback: () => void, ms: number): SocketTimer {
  // Seldom needed, so not loaded with everything else.
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

/** The event loop has had its turn by then: a timer is due in one of its next ones. */
export function setImmediate(callback: () => void): void {
  setTimeout(callback, 1)
}
