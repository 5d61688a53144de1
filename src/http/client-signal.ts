import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'

import { AbortController, DOMException } from '../base/intrinsics.js'
import { wrongType } from '../base/errors.js'

type Response = ServerResponse | Http2ServerResponse

const signals = new WeakMap<Response, AbortSignal>()

/**
 * Of a socket, what is to be done when it closes, by those whose answers wait behind others on it. Such a response has no
 * socket yet, and does not hear that the client is gone.
 */
const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Whether all of the answer has been handed to the system. A stream of HTTP/2 that its client has reset is finished as
 * well, but has not been ended.
 */
const isAnswered = (response: Response): boolean => response.writableEnded && response.writableFinished

/**
 * A signal that aborts when the client of a request is gone before its answer is finished: it has closed the connection,
 * or has reset the stream of HTTP/2. If the answer is finished, it never aborts, whatever becomes of the connection. Its
 * reason is a `DOMException` with the name `AbortError`.
 *
 * It is made when it is first asked for; the same response gives the same signal. Ask for it while the response is open.
 *
 * ```js
 * import { createServer } from 'node:http'
 * import { signalOf } from 'workpool/http'
 *
 * createServer(async (request, response) => {
 *   const rows = await pool.submit(({ signal }) => fetch(url, { signal }), { signal: signalOf(response) })
 *   response.end(String(rows.status))
 * })
 * ```
 *
 * @param response the response of `node:http`, `node:https` or `node:http2`; of Express `response`, of Fastify `reply.raw`
 * @throws TypeError with code `ERR_POOL_OPTION` if it is none
 */
export function signalOf(response: ServerResponse | Http2ServerResponse): AbortSignal {
  const { writableEnded, once } = Object(response) as Partial<Response>
  if (typeof writableEnded !== 'boolean' || typeof once !== 'function') {
    throw wrongType('response', response, 'a response of node:http')
  }
  let signal = signals.get(response)
  if (signal === undefined) signals.set(response, (signal = listen(response)))
  return signal
}

function listen(response: Response): AbortSignal {
  const controller = new AbortController()
  // A response that is injected for a test, without a socket, never has `writableFinished`.
  let hasFinished = false
  const closed = (): void => {
    if (isAnswered(response) || (hasFinished && response.writableEnded)) return
    controller.abort(new DOMException('The client is gone, and its answer was not finished', 'AbortError'))
  }
  // It is closed already.
  if (response.destroyed) closed()
  else {
    response.once('finish', () => (hasFinished = true)).once('close', closed)
    const { req } = response as { readonly req?: IncomingMessage }
    if (response.socket === null && req !== undefined) waitOn(req.socket, response, closed)
  }
  return controller.signal
}

/** Calls `closed` if the socket closes while the response has not been closed. A socket has one listener for all. */
function waitOn(socket: Socket, response: Response, closed: () => void): void {
  let all = waiting.get(socket)
  if (all === undefined) {
    const those = (all = new Set())
    waiting.set(socket, all)
    socket.once('close', () => {
      for (const each of those) each()
    })
  }
  all.add(closed)
  response.once('close', () => all.delete(closed))
  if (socket.destroyed) closed()
}
