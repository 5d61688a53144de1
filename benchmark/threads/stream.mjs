/**
 * What does a chunk cost that a generator in a thread gives to a `for await` loop, if it may be at most 16 chunks ahead?
 *
 * By hand it is a `MessagePort` in each direction: a message for each chunk, and one with credit whenever the loop has taken half
 * as many chunks as the generator may be ahead, which is what workpool does, too.
 */
import { Worker } from 'node:worker_threads'

const CHUNKS = 1_000_000
const MOST = 16
const GENERATORS = /** @type {const} */ (['numbers', 'objects'])

/** @param {AsyncIterable<any>} chunks @param {number} many */
async function count(chunks, many) {
  let seen = 0
  for await (const chunk of chunks) if (chunk === seen || chunk.a === seen) seen++
  if (seen !== many) throw new Error(`${seen} chunks instead of ${many}`)
}

/** @param {typeof GENERATORS[number]} name */
const loadWorkpool = (name) => async () => {
  const { ThreadPool } = await import('workpool')
  const pool = ThreadPool.create({ filename: new URL('tasks/chunks.mjs', import.meta.url), size: 1 })
  await pool.ready()
  return (/** @type {number} */ many) => ({
    settled: count(pool.stream(many, { name, highWaterMark: MOST }), many),
  })
}

/** @param {typeof GENERATORS[number]} name */
const loadByHand = (name) => async () => {
  const worker = new Worker(new URL('entries/port-stream.mjs', import.meta.url), {
    workerData: { highWaterMark: MOST },
  })
  worker.unref()
  /** @param {number} many */
  async function* stream(many) {
    /** @type {{ value: unknown, done: boolean }[]} */
    const steps = []
    let arrived = () => {}
    const listen = (/** @type {any} */ step) => {
      steps.push(step)
      arrived()
    }
    worker.ref()
    worker.on('message', listen)
    worker.postMessage({ start: name, many })
    let consumed = 0
    for (let at = 0; ;) {
      if (at === steps.length) {
        steps.length = at = 0
        await new Promise((resolve) => (arrived = /** @type {() => void} */ (resolve)))
      }
      const { value, done } = steps[at++]
      if (done) break
      yield value
      if (++consumed < MOST / 2) continue
      worker.postMessage({ consumed })
      consumed = 0
    }
    worker.postMessage({ consumed })
    worker.off('message', listen)
    worker.unref()
  }
  return (/** @type {number} */ many) => ({ settled: count(stream(many), many) })
}

const nameOf = (/** @type {string} */ library, /** @type {string} */ chunks) => `${library}; ${chunks}`

export const cases = GENERATORS.flatMap((name) => [
  { name: nameOf('workpool', name), load: loadWorkpool(name) },
  { name: nameOf('message port', name), load: loadByHand(name) },
])

export const title = `Chunks of a generator in a thread, at most ${MOST} of them ahead of the loop`
export const full = { rounds: 5, warmupTasks: 100_000, timedTasks: CHUNKS }
export const quick = { rounds: 1, warmupTasks: 10_000, timedTasks: 100_000 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

/** @param {Summaries} summaries */
export function table(summaries) {
  const of = (/** @type {string} */ name) => /** @type {import('../rounds.mjs').Summary} */ (summaries.get(name))
  const rows = GENERATORS.flatMap((chunks) =>
    ['workpool', 'message port'].map((library) => {
      const summary = of(nameOf(library, chunks))
      return [
        chunks,
        library,
        summary.medianNs.toFixed(0),
        `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
        (summary.medianNs / of(nameOf('workpool', chunks)).medianNs).toFixed(2),
        summary.cpuNs.toFixed(0),
        summary.peakRssMb.toFixed(0),
      ]
    }),
  )
  return {
    head: ['chunks', 'library', 'ns per chunk', 'min – max', '× workpool', 'CPU ns per chunk', 'peak RSS MB'],
    rows,
  }
}

/** @param {Summaries} summaries */
export const contests = (summaries) =>
  GENERATORS.map((chunks) => ({
    label: `a stream of ${chunks}`,
    unit: 'ns per chunk',
    own: 'workpool',
    entries: ['workpool', 'message port'].map((library) => {
      const { medianNs, minNs, maxNs } = /** @type {any} */ (summaries.get(nameOf(library, chunks)))
      return { name: library, value: medianNs, low: minNs, high: maxNs }
    }),
  }))

/** @param {Summaries} summaries */
export const aims = (summaries) =>
  GENERATORS.map((chunks) => {
    const of = (/** @type {string} */ library) => /** @type {any} */ (summaries.get(nameOf(library, chunks))).medianNs
    const ratio = of('message port') / of('workpool')
    return {
      aim: `workpool, ${chunks}: at least 3× the chunks per second of a stream by hand`,
      measured: `${ratio.toFixed(2)}×`,
      met: ratio >= 3,
    }
  })
