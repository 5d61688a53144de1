/**
 * An upstream that loses half of its capacity for a while, behind pools of fixed sizes and pools that find their size: a fixed size suits one
 * phase at most.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Load } from './load.mjs'
import { ownLoop, restless } from './rest.mjs'
import { contenders, halving, upstream as scenario } from './scenario.mjs'
import { startService } from './service.mjs'
import { whole } from './table.mjs'

const { slots, load: times, shares, settleMs, measuredMs } = halving
/** What it can take while it is whole, and what it is asked; `Load` wants a multiple of 25. */
const perSecond = (slots * 1000) / scenario.serviceMs
const asked = Math.round((times * perSecond) / 25) * 25

/** How long all of it takes. */
export const halvingMs = contenders.length * shares.length * (settleMs + measuredMs)

/**
 * @typedef {object} Phase what was measured while the upstream had so many slots
 * @property {number} slots
 * @property {number} good answers per second
 * @property {number | undefined} p99 ms to a 2xx
 * @property {number} capacity of the pool, at the end
 * @property {import('./rest.mjs').Restless | undefined} restless a process that had no processor time to spare
 */
/** @typedef {{ name: string, mode: string, phases: Phase[] }} Halved */

/**
 * @param {(title: string) => void} show
 * @returns {Promise<Halved[]>}
 */
export async function measureHalving(show) {
  const results = []
  for (const { name, mode, size } of contenders) {
    const upstream = await startService('upstream.mjs', [`${slots}`])
    const server = await startService('server.mjs', [mode, upstream.url, `${size}`])
    const broken = Promise.race([upstream.failed, server.failed])
    let capacity = size
    server.onMessage((state) => {
      capacity = state.capacity
    })
    const load = new Load(server.url, asked)
    const loops = () => ({ 'load generator': ownLoop(), server: server.loop(), upstream: upstream.loop() })
    const phases = []
    try {
      for (const share of shares) {
        upstream.tell({ slots: share * slots })
        show(`halving, ${name}: ${share * slots} slots`)
        await Promise.race([sleep(settleMs), broken])
        load.restartTally()
        const before = loops()
        await Promise.race([sleep(measuredMs), broken])
        const { tally } = load
        const { good } = tally.perSecond()
        phases.push({
          slots: share * slots,
          good,
          p99: tally.percentile(99),
          capacity,
          restless: restless(before, loops()),
        })
      }
    } finally {
      load.stop()
      await Promise.all([server.stop(), upstream.stop()])
    }
    results.push({ name, mode, phases })
  }
  show('')
  return results
}

/** The table, and a sentence that reads it. @param {Halved[]} results */
export function halvingTable(results) {
  const head = ['pool', ...shares.flatMap((share) => [`good/s, ${share * slots} slots`, 'p99 ms', 'size'])]
  const rows = results.map(({ name, phases }) => [
    phases.some(({ restless }) => restless) ? `${name} *` : name,
    ...phases.flatMap(({ good, p99, capacity }) => [whole(good), whole(p99), whole(capacity)]),
  ])
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column].length)))
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join('  ')
  const rule = '─'.repeat(line(head).length)
  return [line(head), rule, ...rows.map(line), rule, halvingReading(results)].join('\n')
}

/** Every word that judges follows from the numbers. @param {Halved[]} results */
export function halvingReading(results) {
  if (results.some(({ phases }) => phases.some(({ restless }) => restless))) {
    return '*: a process never came to rest, so this machine had too little processor time, and the pools are not compared.'
  }
  const fixed = results.filter(({ mode }) => mode === 'fixed')
  const best = shares.map((_, phase) => Math.max(...fixed.map(({ phases }) => phases[phase].good)))
  return results
    .filter(({ mode }) => mode === 'adaptive')
    .map(({ name, phases }) => {
      const parts = phases.map(({ good }, phase) => `${Math.round((100 * good) / best[phase])} %`)
      return `${name}: ${parts.join(', ')} of the good answers of the fixed size that is best in that phase.`
    })
    .join('\n')
}
