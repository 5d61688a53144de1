/**
 * Three sentences that read the table. Every word that judges follows from the numbers, also if they turn out against the pool. Where the
 * machine had no time for the demo, one sentence that says so.
 */
import { phases } from './scenario.mjs'
import { whole } from './table.mjs'

/** Two rates or times within this factor of each other are called the same: runs on one machine differ as much. */
const noise = 1.15

/**
 * @param {import('./table.mjs').Result[]} results
 * @returns {string}
 */
export function reading(results) {
  /** @param {string} phase @param {import('./scenario.mjs').Mode} mode */
  const of = (phase, mode) => {
    const result = results.find((each) => each.phase.name === phase && each.mode === mode)
    if (!result) throw new Error(`no result for ${phase}, ${mode}`)
    return result
  }
  const [lowest, highest] = [phases[0].name, phases[phases.length - 1].name]
  const far = /** @type {const} */ (['unbounded', 'pool', 'shed']).map((mode) => of(highest, mode))
  const compared = [...far, of(lowest, 'unbounded'), of(lowest, 'pool')]
  const disturbed = compared.filter(({ restless }) => restless)
  if (disturbed.length > 0) return busyMachine(disturbed)
  return [
    overload(of(highest, 'unbounded'), of(highest, 'pool')),
    controlled(of(highest, 'pool'), of(highest, 'shed')),
    calm(of(lowest, 'unbounded'), of(lowest, 'pool'), of(highest, 'unbounded'), of(highest, 'pool')),
  ].join(' ')
}

/** @param {import('./table.mjs').Result[]} disturbed */
function busyMachine(disturbed) {
  const runs = disturbed.map(
    ({ phase, mode, restless }) =>
      `${phase.name}, ${mode}: the ${restless?.name}, ${percent(restless?.share ?? 1, 1)} of its time`,
  )
  return (
    `This machine had too little processor time for the demo, so its runs are not compared (never at rest – ${runs.join('; ')}).` +
    ' Requests then wait for a process that is late, in front of every pool, and a pool cannot refuse what has not reached it.' +
    ' Run it again when the machine has less to do.'
  )
}

/** @param {import('./table.mjs').Result} bare @param {import('./table.mjs').Result} pooled */
function overload(bare, pooled) {
  const { sent, good, refused, lost } = pooled.perSecond
  return (
    `At ${pooled.phase.load} times what the upstream can take, the pool gives ${whole(good)} good answers per second` +
    ` (p99 ${milliseconds(pooled.p99)}), ${times(good, bare.perSecond.good)} the ${whole(bare.perSecond.good)} of the unbounded handler` +
    ` (p99 ${milliseconds(bare.p99)}): ${percent(refused, sent)} of its requests are refused and ${percent(lost, sent)} lost,` +
    ` where the unbounded handler loses ${percent(bare.perSecond.lost, bare.perSecond.sent)}.`
  )
}

/** @param {import('./table.mjs').Result} bound @param {import('./table.mjs').Result} shed */
function controlled(bound, shed) {
  const answers = compare(shed.perSecond.good, bound.perSecond.good, 'more', 'fewer') || 'as many'
  const latency = compare(shed.p99 ?? Infinity, bound.p99 ?? Infinity, 'a higher', 'a lower') || 'the same'
  return (
    `With \`shed\` it gives ${answers} good answers (${whole(shed.perSecond.good)} per second)` +
    ` at ${latency} p99 (${milliseconds(shed.p99)}).`
  )
}

/**
 * @param {import('./table.mjs').Result} bareLow @param {import('./table.mjs').Result} pooledLow
 * @param {import('./table.mjs').Result} bareHigh @param {import('./table.mjs').Result} pooledHigh
 */
function calm(bareLow, pooledLow, bareHigh, pooledHigh) {
  const answers = compare(pooledLow.perSecond.good, bareLow.perSecond.good, 'more', 'fewer')
  const latency = compare(pooledLow.p99 ?? Infinity, bareLow.p99 ?? Infinity, 'a higher', 'a lower')
  const verdict =
    answers || latency
      ? `it gives ${answers || 'as many'} answers at ${latency || 'the same'} p99`
      : 'it changes nothing'
  return (
    `At ${pooledLow.phase.load} times ${verdict} (${whole(pooledLow.perSecond.good)} against` +
    ` ${whole(bareLow.perSecond.good)} good answers per second, p99 ${milliseconds(pooledLow.p99)} against ${milliseconds(bareLow.p99)}),` +
    ` and ${pooledHigh.phase.name} the server's memory peaks at` +
    ` ${whole(pooledHigh.peakRss / 2 ** 20)} MB with it and ${whole(bareHigh.peakRss / 2 ** 20)} MB without.`
  )
}

/** @param {number} a @param {number} b */
function times(a, b) {
  if (b < 0.5) return a < 0.5 ? 'as few as' : 'against'
  const ratio = a / b
  return ratio < noise && ratio > 1 / noise ? 'about as many as' : `${ratio.toFixed(1)} times`
}

/** '' if they are the same, else which way they differ. @param {number} a @param {number} b @param {string} more @param {string} less */
function compare(a, b, more, less) {
  if (a > b * noise) return more
  return a * noise < b ? less : ''
}

/** @param {number | undefined} value */
const milliseconds = (value) => (value === undefined ? 'none' : `${whole(value)} ms`)

/** @param {number} part @param {number} whole */
const percent = (part, whole) => `${whole > 0 ? Math.round((100 * part) / whole) : 0} %`
