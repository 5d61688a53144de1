/** Sends the numbers of pools to whoever looks: one snapshot a second for all of them, and nothing while nobody looks. */
import type { ServerResponse } from 'node:http'

import { Date, Map, Set, clearTimeout, setTimeout } from '../base/intrinsics.js'
import type { AnyPool } from '../pool/any-pool.js'
import { type ConsoleSnapshot, detailsOf, idOf, rowOf } from './snapshot.js'

const INTERVAL_MS = 1_000

/** How many bytes may wait for a viewer who is slow. Above that he misses snapshots. */
const MOST_UNSENT = 1_000_000

interface Viewer {
  readonly response: ServerResponse
  /** The ids of the pools of which he sees details. */
  readonly open: ReadonlySet<number>
}

/** Whether the server of this connection has stopped listening: it waits for its connections to end, and this one would not. */
function isLeaving({ socket }: ServerResponse): boolean {
  const server = (socket as { server?: { listening?: boolean } } | null)?.server
  return server?.listening === false
}

export class Feed {
  readonly #pools: () => Iterable<AnyPool>
  readonly #viewers = new Set<Viewer>()
  #timer: NodeJS.Timeout | undefined

  constructor(pools: () => Iterable<AnyPool>) {
    this.#pools = pools
  }

  /** Sends snapshots until the connection ends. */
  add(response: ServerResponse, open: ReadonlySet<number>): void {
    const viewer = { response, open }
    this.#viewers.add(viewer)
    response.once('close', () => {
      this.#viewers.delete(viewer)
      if (this.#viewers.size > 0) return
      clearTimeout(this.#timer)
      this.#timer = undefined
    })
    this.#tell([viewer])
    this.#timer ??= this.#wait()
  }

  #wait(): NodeJS.Timeout {
    return setTimeout(() => {
      for (const { response } of this.#viewers) if (isLeaving(response)) response.end()
      this.#tell(this.#viewers)
      this.#timer = this.#wait()
    }, INTERVAL_MS).unref()
  }

  /** Each pool is asked, and each text made, once for all. */
  #tell(viewers: Iterable<Viewer>): void {
    const pools = [...this.#pools()]
    const at: ConsoleSnapshot['at'] = Date.now()
    const rows = JSON.stringify(pools.map(rowOf))
    const byId = new Map(pools.map((pool) => [idOf(pool), pool]))
    const details = new Map<number, string>()
    for (const { response, open } of viewers) {
      if (response.writableEnded || response.writableLength > MOST_UNSENT) continue
      const parts: string[] = []
      for (const id of open) {
        const pool = byId.get(id)
        if (pool === undefined) continue
        let text = details.get(id)
        if (text === undefined) details.set(id, (text = JSON.stringify(detailsOf(pool))))
        parts.push(`"${id}":${text}`)
      }
      response.write(`data: {"at":${at},"pools":${rows},"details":{${parts.join()}}}\n\n`)
    }
  }
}
