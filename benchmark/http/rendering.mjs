/**
 * What does a pool do for an HTTP server whose requests need the processor? The README of marked is rendered for each, inline, by us
 * and by piscina, with 100, 500 and 1,000 connections by autocannon, each of which asks again as soon as it has its answer.
 *
 * The load has a process of its own, and so has the server; with two cores the load takes its share of what threads could use.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { startService } from '../../demo/service.mjs'

const MODES = ['inline', 'workpool', 'workpool, tuned', 'piscina', 'piscina, tuned']
const CONNECTIONS = [100, 500, 1_000]

/** @typedef {{ warmupMs: number, measuredMs: number }} Settings */

/** @param {string} mode @param {number} connections */
const nameOf = (mode, connections) => `${mode}; ${connections.toLocaleString('en')} connections`

/** @param {string} mode @param {number} connections @param {Settings} settings */
async function measure(mode, connections, { warmupMs, measuredMs }) {
  const server = await startService('../benchmark/http/server.mjs', [mode])
  let peakRss = 0
  server.onMessage((message) => (peakRss = message.peakRss ?? peakRss))
  const page = await (await fetch(server.url)).text()
  if (!page.includes('<h1')) throw new Error(`${mode}: that is no README`)

  /** @type {number[]} */
  let answered = []
  let errors = 0
  const load = autocannon({ url: server.url, connections, duration: 3_600, timeout: 30, sampleInt: 100 })
  load.on('response', (_client, status, _bytes, ms) => (status === 200 ? answered.push(ms) : errors++))
  load.on('reqError', () => errors++)
  await Promise.race([sleep(warmupMs), server.failed])
  answered = []
  errors = 0
  const began = performance.now()
  await Promise.race([sleep(measuredMs), server.failed])
  const seconds = (performance.now() - began) / 1_000
  const times = answered.toSorted((a, b) => a - b)
  const failed = errors
  load.stop?.()
  await server.stop()
  // Nearest rank.
  const percentile = (/** @type {number} */ percent) =>
    times[Math.max(0, Math.ceil((percent / 100) * times.length) - 1)] ?? null
  return {
    perSecond: times.length / seconds,
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
    errors: failed,
    peakRssMb: peakRss / 2 ** 20,
  }
}

export const cases = CONNECTIONS.flatMap((connections) =>
  MODES.map((mode) => ({
    name: nameOf(mode, connections),
    measure: (/** @type {Settings} */ settings) => measure(mode, connections, settings),
  })),
)

export const title = 'An HTTP server that renders Markdown'
export const full = { rounds: 2, warmupMs: 2_000, measuredMs: 10_000 }
export const quick = { rounds: 1, warmupMs: 300, measuredMs: 700 }
export const method = (/** @type {Settings & { rounds: number }} */ { rounds, warmupMs, measuredMs }) =>
  `Medians of ${rounds} interleaved rounds; in each, every case has a server of its own: ${warmupMs / 1_000} s of warm-up, then ${measuredMs / 1_000} s.`

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

/** @param {Summaries} summaries */
export function table(summaries) {
  const head = ['connections', 'mode', 'answers per s', 'p50 ms', 'p95 ms', 'p99 ms', 'errors', 'peak RSS MB']
  const rows = CONNECTIONS.flatMap((connections) =>
    MODES.map((mode) => {
      const values = /** @type {any} */ (summaries.get(nameOf(mode, connections))).values
      const whole = ['perSecond', 'p50', 'p95', 'p99', 'errors', 'peakRssMb'].map(
        (key) => values[key]?.toFixed(0) ?? 'none',
      )
      return [connections.toLocaleString('en'), mode, ...whole]
    }),
  )
  return { head, rows }
}

const CONTESTS = [
  { key: 'perSecond', label: 'answers', unit: 'per s', isHigherBetter: true },
  { key: 'p99', label: 'p99', unit: 'ms' },
]

/** @param {Summaries} summaries */
export function contests(summaries) {
  return CONNECTIONS.flatMap((connections) =>
    CONTESTS.map(({ key, label, ...contest }) => ({
      label: `${connections.toLocaleString('en')} connections, ${label}`,
      own: 'workpool',
      ...contest,
      entries: MODES.map((mode) => ({
        name: mode,
        value: summaries.get(nameOf(mode, connections))?.values[key] ?? null,
      })),
    })),
  )
}
