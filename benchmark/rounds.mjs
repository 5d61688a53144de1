/**
 * Interleaved rounds: each round measures every case once, so that a machine that slows down or speeds up does so for all of
 * them. The order rotates from round to round: no case always follows the same neighbour.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** @typedef {import('./measure.mjs').Round} Round */
/**
 * Of a case that repeats a run: ns per task.
 *
 * @typedef {{ name: string, medianNs: number, minNs: number, maxNs: number, cpuNs: number, mainNs: number | null, rssMb: number | null,
 *   peakRssMb: number, fairness?: number, rounds: Round[] }} Summary
 */
/**
 * Of a case that measures by itself: medians of what it measured. What most rounds could not measure is null.
 *
 * @typedef {{ name: string, values: Record<string, number | null>, rounds: Record<string, number | null>[] }} Readings
 */

const MEASURE = fileURLToPath(new URL('measure.mjs', import.meta.url))
const execute = promisify(execFile)

/** A case that takes longer hangs. */
const LONGEST_MS = 300_000

/**
 * @param {string} question
 * @param {readonly string[]} names of the cases
 * @param {{ rounds: number } & Record<string, any>} settings
 * @param {(text: string) => void} onProgress
 * @returns {Promise<Map<string, Summary | Readings>>} in the order of `names`
 */
export async function measureRounds(question, names, settings, onProgress) {
  /** @type {Map<string, any[]>} */
  const rounds = new Map(names.map((name) => [name, []]))
  for (let round = 0; round < settings.rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = /** @type {string} */ (names[(i + round) % names.length])
      onProgress(`${question}: round ${round + 1} of ${settings.rounds}, ${name}`)
      rounds.get(name)?.push(await measureApart(question, name, settings))
    }
  }
  return new Map([...rounds].map(([name, measured]) => [name, summarize(name, measured)]))
}

/**
 * @param {string} question
 * @param {string} name
 * @param {object} settings
 * @returns {Promise<Round | Record<string, number | null>>}
 */
async function measureApart(question, name, settings) {
  const args = [...process.execArgv, MEASURE, question, name, JSON.stringify(settings)]
  try {
    const { stdout } = await execute(process.execPath, args, { timeout: LONGEST_MS, killSignal: 'SIGKILL' })
    return JSON.parse(stdout)
  } catch (error) {
    const { stderr } = /** @type {{ stderr?: string }} */ (error)
    throw new Error(`${question}: '${name}' could not run\n${stderr}`, { cause: error })
  }
}

/**
 * @param {string} name
 * @param {any[]} rounds
 * @returns {Summary | Readings}
 */
function summarize(name, rounds) {
  return 'meanNs' in rounds[0] ? summarizeRuns(name, rounds) : summarizeReadings(name, rounds)
}

/**
 * @param {string} name
 * @param {Record<string, number | null>[]} rounds
 * @returns {Readings}
 */
function summarizeReadings(name, rounds) {
  const keys = Object.keys(rounds[0] ?? {})
  return {
    name,
    values: Object.fromEntries(keys.map((key) => [key, medianOfKnown(rounds.map((round) => round[key] ?? null))])),
    rounds,
  }
}

/**
 * @param {string} name
 * @param {Round[]} rounds
 * @returns {Summary}
 */
function summarizeRuns(name, rounds) {
  const means = rounds.map((round) => round.meanNs)
  return {
    name,
    medianNs: median(means),
    minNs: Math.min(...means),
    maxNs: Math.max(...means),
    cpuNs: median(rounds.map((round) => round.cpuNs)),
    mainNs: medianOfKnown(rounds.map((round) => round.mainNs ?? null)),
    rssMb: medianOfKnown(rounds.map((round) => round.rssMb ?? null)),
    peakRssMb: median(rounds.map((round) => round.peakRssMb)),
    // The worst run counts.
    ...(rounds[0]?.fairness !== undefined && { fairness: Math.min(...rounds.map((round) => round.fairness ?? 1)) }),
    rounds,
  }
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2
    ? /** @type {number} */ (sorted[middle])
    : (/** @type {number} */ (sorted[middle - 1]) + /** @type {number} */ (sorted[middle])) / 2
}

/** @param {(number | null)[]} values */
function medianOfKnown(values) {
  const known = values.filter((value) => value !== null)
  return known.length * 2 > values.length ? median(known) : null
}
