/** The snapshots of a page, as they come. */
import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import { createInterface } from 'node:readline'

import type { ConsoleSnapshot } from '../snapshot.js'

/** Ends when the server ends. Throws if it cannot be reached, or answers something else. */
export async function* snapshots(url: URL, headers: Readonly<Record<string, string>>): AsyncGenerator<ConsoleSnapshot> {
  const get = url.protocol === 'https:' ? getSecure : getPlain
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    get(url, { headers: { ...headers, accept: 'text/event-stream' } }, resolve).on('error', reject)
  })
  const type = response.headers['content-type'] ?? ''
  if (response.statusCode !== 200 || !type.startsWith('text/event-stream')) {
    response.destroy()
    throw new Error(`${url.href} answers ${response.statusCode} ${type}; consolePage of workpool/console is not there`)
  }
  for await (const line of createInterface(response)) {
    if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as ConsoleSnapshot
  }
}
