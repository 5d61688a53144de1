import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { Map, then } from '../base/intrinsics.js'
import { functionOf, reader } from '../options/checks.js'
import type { AnyPool } from '../pool/any-pool.js'
import { pools as livePools } from '../pool/pools.js'
import type { ThreadStack } from '../threads/inspect/stacks.js'
import { Feed } from './feed.js'
import { idOf } from './snapshot.js'

/** Options of `consolePage`. */
export interface ConsoleOptions {
  /** The pools that are shown; it is asked once a second while somebody looks. Default: all of this isolate, as `pools()` lists them. */
  pools?: () => Iterable<AnyPool>
}

/** What Fastify hands in: the request and the response of Node are in it. */
interface Wrapped<T> {
  readonly raw: T
  /** Fastify does not answer itself. */
  readonly hijack?: () => void
}

/** Answers requests of `node:http`, of Express, and of Fastify. */
export type ConsoleHandler = (
  request: IncomingMessage | Wrapped<IncomingMessage>,
  response: ServerResponse | Wrapped<ServerResponse>,
) => void

/** The files of the page, which `scripts/console-files.mjs` makes. */
type Page = Readonly<Record<'page.html' | 'page.css' | 'page.js', string>>

const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' }

/** Nothing but what this address itself serves. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

const read = reader('the options of consolePage', { pools: functionOf })

type WithStacks = AnyPool & { stacks(): Promise<ThreadStack[]> }

async function stuckIn(pool: AnyPool): Promise<string> {
  try {
    return JSON.stringify({ stacks: await (pool as WithStacks).stacks() })
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) })
  }
}

/**
 * A page that shows pools live: what runs and waits over the last five minutes, throughput, times of waiting and running
 * if the pool has the option `measure`, refusals, threads, the tasks that run longest and those that start next, and for
 * threads where they are stuck. It needs no network but this address, and changes nothing.
 *
 * Whoever can reach the address sees the names of pools, exports and keys, and stacks. **So put it behind the
 * authentication of the application.**
 *
 * ```js
 * import { createServer } from 'node:http'
 * import { consolePage } from 'workpool/console'
 *
 * const page = consolePage()
 * createServer((request, response) => {
 *   if (request.url?.split('?')[0] === '/debug/pools') page(request, response)
 *   else response.writeHead(404).end()
 * })
 * ```
 *
 * With Express `app.get('/debug/pools', page)`, with Fastify `app.get('/debug/pools', page)`. The page reads its numbers
 * as server-sent events from the same address (`Accept: text/event-stream`), one snapshot (`ConsoleSnapshot`) a second
 * for all who look; while nobody looks, nothing is read. When the server has been closed, the streams end within a second.
 *
 * @throws TypeError with code `ERR_POOL_OPTION`
 */
export function consolePage(options?: ConsoleOptions): ConsoleHandler {
  const { pools = livePools } = read(options) as ConsoleOptions
  const feed = new Feed(pools)
  const looks = new Map<number, Promise<string>>()
  let files: Page | undefined

  /** Where the threads of a pool are stuck, as JSON. Whoever asks meanwhile gets the same answer. */
  function lookAt(pool: AnyPool): Promise<string> {
    const id = idOf(pool)
    let look = looks.get(id)
    if (look === undefined) {
      looks.set(id, (look = stuckIn(pool)))
      void then.call(look, () => looks.delete(id))
    }
    return look
  }

  return (request, response) => {
    const { method, headers, url } = 'raw' in request ? request.raw : request
    if ('raw' in response) response.hijack?.()
    const to = 'raw' in response ? response.raw : response
    to.setHeader('Content-Security-Policy', POLICY)
    to.setHeader('X-Content-Type-Options', 'nosniff')
    to.setHeader('Referrer-Policy', 'no-referrer')
    to.setHeader('Cache-Control', 'no-store')
    const answer = (status: number, type: string, text: string): void => {
      to.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Length': Buffer.byteLength(text) })
      to.end(method === 'HEAD' ? undefined : text)
    }
    if (method !== 'GET' && method !== 'HEAD') {
      to.setHeader('Allow', 'GET, HEAD')
      answer(405, 'text/plain', 'GET or HEAD\n')
      return
    }
    const query = new URLSearchParams(url?.split('?')[1])
    const stuck = query.get('stacks')
    if (stuck !== null) {
      const pool = [...pools()].find((pool) => String(idOf(pool)) === stuck)
      if (pool === undefined) answer(404, 'application/json', '{"error":"this pool is gone"}')
      else void then.call(lookAt(pool), (text) => answer(200, 'application/json', text as string))
      return
    }
    if (method === 'GET' && headers.accept?.includes('text/event-stream')) {
      to.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
      to.write('retry: 2000\n\n')
      feed.add(to, new Set((query.get('open') ?? '').split(',').map(Number)))
      return
    }
    files ??= require('./console-files.js') as Page
    const file = `page.${query.get('file') ?? 'html'}`
    const type = Object.hasOwn(files, file) ? TYPES[file.slice(5) as keyof typeof TYPES] : undefined
    if (type === undefined) answer(404, 'text/plain', 'no such file\n')
    else answer(200, type, files[file as keyof Page])
  }
}
