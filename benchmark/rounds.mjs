/**
 * Interleaved rounds: each round measures every case once, so that a machine that slows down or speeds up does so for all of
 * them. The order rotates from round to round: no case always follows the same neighbour.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** @typedef {import('./measure.mjs').Round} Round */
/** @typedef {{ name: string, medianNs: number, minNs: number, maxNs: number, cpuNs: number, peakRssMb: number, fairness?: number, rounds: Round[] }} Summary */

const MEASURE = fileURLToPath(new URL('measure.mjs', import.meta.url))
const execute = promisify(execFile)

/**
 * @param {string} question
 * @param {readonly string[]} names of the cases
 * @param {{ rounds: number, warmupTasks: number, timedTasks: number }} settings
 * @param {(text: string) => void} onProgress
 * @returns {Promise<Map<string, Summary>>} in the order of `names`
 */
export async function measureRounds(question, names, settings, onProgress) {
  /** @type {Map<string, Round[]>} */
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
 * @returns {Promise<Round>}
 */
async function measureApart(question, name, settings) {
  const args = [...process.execArgv, MEASURE, question, name, JSON.stringify(settings)]
  try {
    const { stdout } = await execute(process.execPath, args)
    return JSON.parse(stdout)
  } catch (error) {
    const { stderr } = /** @type {{ stderr?: string }} */ (error)
    throw new Error(`${question}: '${name}' could not run\n${stderr}`, { cause: error })
  }
}

/**
 * @param {string} name
 * @param {Round[]} rounds
 * @returns {Summary}
 */
function summarize(name, rounds) {
  const means = rounds.map((round) => round.meanNs)
  return {
    name,
    medianNs: median(means),
    minNs: Math.min(...means),
    maxNs: Math.max(...means),
    cpuNs: median(rounds.map((round) => round.cpuNs)),
    peakRssMb: median(rounds.map((round) => round.peakRssMb)),
    // The worst run counts.
    ...(rounds[0]?.fairness !== undefined && { fairness: Math.min(...rounds.map((round) => round.fairness ?? 1)) }),
    rounds,
  }
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? /** @type {number} */ (sorted[middle]) : (/** @type {number} */ (sorted[middle - 1]) + /** @type {number} */ (sorted[middle])) / 2
}
