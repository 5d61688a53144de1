import type { ServerResponse } from 'node:http'

import type { HttpAnswer } from './answer.js'

/** Headers that tell of a body that is not sent. */
const OF_BODY = ['content-length', 'content-encoding', 'content-range', 'content-disposition', 'etag', 'last-modified']

/** Answers, unless an answer has begun: then the client is to see that it is not whole. */
export function sendAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  if (response.writableEnded) return
  // The handler may go on, and write to the response. That it is late is no error that anybody could act on.
  response.on('error', noop)
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of OF_BODY) response.removeHeader(name)
  response.writeHead(status, headers)
  response.end(body)
}

const noop = (): void => {}
