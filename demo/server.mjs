/**
 * The HTTP server under load. Its handler asks the upstream and passes the answer on; the one thing that differs between the modes is
 * who decides when the upstream is asked: whoever comes (`unbounded`), or a pool.
 *
 * Started as `server.mjs <mode> <url of the upstream> [size]`.
 */
import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { Pool, PoolError } from 'workpool'
import { adapt, gradient } from 'workpool/adaptive'
import { halving, pool as poolOptions, shed } from './scenario.mjs'
import { report, serve } from './service.mjs'

const [mode, upstreamUrl, size] = process.argv.slice(2)
const reportEveryMs = 100

/** What this server told the parent last; `peakRss` since it began. */
const state = { busy: 0, waiting: 0, rejected: 0, capacity: 0, peakRss: 0 }

/**
 * Slow, as upstreams are.
 * @param {AbortSignal} signal
 */
async function query(signal) {
  const answer = await fetch(upstreamUrl, { signal })
  if (!answer.ok) throw new Error(`the upstream answered ${answer.status}`)
  return answer.text()
}

/** @returns {{ ask: (gone: AbortSignal) => Promise<string>, observe: () => void }} */
function unbounded() {
  return {
    ask: async (gone) => {
      state.busy++
      try {
        return await query(gone)
      } finally {
        state.busy--
      }
    },
    observe: () => {},
  }
}

/** @param {Partial<import('workpool').PoolOptions>} [more] @param {(pool: import('workpool').Pool<void>) => void} [made] @returns {ReturnType<typeof unbounded>} */
function pooled(more, made) {
  const { waitTimeout, ...options } = poolOptions
  const pool = Pool.create({ name: 'upstream', ...options, ...more })
  made?.(pool)
  return {
    // A client that hangs up aborts `gone`: while the task waits, it leaves the queue and the upstream never hears of it; once it
    // runs, the task's own signal aborts and the worker is free as soon as the fetch has let go.
    ask: (gone) => pool.submit(({ signal }) => query(signal), { signal: gone, waitTimeout }),
    observe: () => {
      const { busy, waiting, rejected, capacity } = pool.stats()
      Object.assign(state, {
        busy,
        waiting,
        capacity,
        rejected: rejected.overload + rejected.waitTimeout + rejected.shed,
      })
    },
  }
}

const sized = () => ({ size: Number(size), maxBlockingTasks: halving.maxBlockingTasks })

/** @type {Record<string, () => ReturnType<typeof unbounded>>} */
const modes = {
  unbounded,
  pool: pooled,
  shed: () => pooled({ shed }),
  fixed: () => pooled(sized()),
  adaptive: () => pooled(sized(), (pool) => void adapt(pool, gradient({ max: 400 }), { every: halving.every })),
}
const { ask, observe } = modes[mode]()

const server = createServer(async (_request, response) => {
  const client = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) client.abort()
  })
  // A server that is late finds requests whose client has left meanwhile. It learns that after the request: by then the loop has turned.
  await turn()
  await turn()
  if (client.signal.aborted) return
  try {
    response.end(await ask(client.signal))
  } catch (error) {
    if (client.signal.aborted) return // nobody is left to answer
    if (error instanceof PoolError && error.retryable) response.writeHead(503, { 'retry-after': '1' }).end()
    else response.writeHead(502).end(String(error))
  }
})

// Sampled rather than `process.resourceUsage().maxRSS`: on Linux that mark survives exec and would show the parent's memory, not ours.
setInterval(() => {
  observe()
  state.peakRss = Math.max(state.peakRss, process.memoryUsage.rss())
  report(state)
}, reportEveryMs)

serve(server)
