import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

import type { ExecutionContext } from 'ava'

/** A server on a free port of the loopback, and raw connections to it. */
export interface Served {
  readonly server: Server
  readonly url: string
  /** A connection on which these requests are written at once, with HTTP/1.1. */
  ask(...paths: string[]): Promise<Socket>
}

export async function served(t: ExecutionContext, listener: RequestListener): Promise<Served> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { server, url: `http://127.0.0.1:${port}`, ask: (...paths) => askOn(port, paths) }
}

export async function askOn(port: number, paths: readonly string[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  // It may be reset.
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''))
  return socket
}

/** All that comes on a connection until it has this text. */
export async function reads(socket: Socket, text: string): Promise<string> {
  let all = ''
  for await (const chunk of socket.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    all += chunk
    if (all.includes(text)) return all
  }
  throw new Error(`the connection has ended, with ${JSON.stringify(all)}`)
}
