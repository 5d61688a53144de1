/**
 * The demo's processor half as a service: each request has a Markdown file rendered, inline or by a pool.
 *
 * Started as `server.mjs <mode>`.
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { report, serve } from '../../demo/service.mjs'

const task = new URL('../../demo/render.mjs', import.meta.url)
const file = createRequire(import.meta.url)
  .resolve('marked')
  .replace(/lib.*$/, 'README.md')
const reportEveryMs = 100
const threads = availableParallelism()

/** @type {Record<string, () => Promise<(path: string) => Promise<string>>>} */
const MODES = {
  inline: async () => (await import(task.href)).default,
  workpool: () => withWorkpool(),
  // A file is read while another one is rendered.
  'workpool, tuned': () => withWorkpool({ concurrency: 4 }),
  piscina: () => withPiscina(),
  'piscina, tuned': () =>
    withPiscina({ minThreads: threads, maxThreads: threads, concurrentTasksPerWorker: 4, recordTiming: false }),
}

/** @param {object} [options] */
async function withWorkpool(options) {
  const { ThreadPool } = await import('workpool')
  const pool = ThreadPool.create({ filename: task, ...options })
  return (/** @type {string} */ path) => /** @type {Promise<string>} */ (pool.run(path))
}

/** @param {object} [options] */
async function withPiscina(options) {
  const { Piscina } = await import('piscina')
  const pool = new Piscina({ filename: task.href, ...options })
  return (/** @type {string} */ path) => pool.run(path)
}

const render = await MODES[/** @type {string} */ (process.argv[2])]()
let peakRss = 0

setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss())
  report({ peakRss })
}, reportEveryMs)

serve(
  createServer(async (_request, response) => {
    try {
      response.setHeader('content-type', 'text/html').end(await render(file))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }),
)
