/** One cell of the table: a test, a library, and as many processes as it takes to be sure. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { adapterOf } from './lists.mjs'

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url))
const DEADLINE_MS = 9_000
/** A process that should end by itself has this long. */
const END_MS = 4_000
/** A peer has failed if it failed this often in a row; we have if we failed once. */
const TRIES = 3
export const OWN = 'workpool'

/**
 * @typedef {object} Cell
 * @property {'passed' | 'failed' | 'not offered'} state
 * @property {string} [seen] instead of the behaviour; of a cell that was passed, in a run that failed
 * @property {string} [reason] why it is not offered
 * @property {number} runs
 */

/** @typedef {{ passed: boolean, seen?: string }} Finding */

/**
 * @param {import('./lists.mjs').List} list
 * @param {string} library
 * @param {string} group
 * @param {import('./lists.mjs').Test} test
 * @returns {Promise<Cell>}
 */
export async function fillCell(list, library, group, test) {
  const { notOffered } = await adapterOf(library, list)
  const missing = test.needs?.find((feature) => feature in notOffered)
  if (missing !== undefined) return { state: 'not offered', reason: notOffered[missing], runs: 0 }

  const tries = library === OWN ? 1 : TRIES
  /** @type {string | undefined} */
  let seen
  for (let runs = 1; runs <= tries; runs++) {
    const finding = await runApart([list.name, library, `${group}/${test.name}`], test)
    if (finding.passed) return { state: 'passed', runs, ...(seen !== undefined && { seen }) }
    seen = finding.seen ?? ''
  }
  return { state: 'failed', seen, runs: tries }
}

/**
 * @param {string[]} args
 * @param {import('./lists.mjs').Test} test
 * @returns {Promise<Finding>}
 */
function runApart(args, { ends, deadline = DEADLINE_MS }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
    const patience = ends ? END_MS : deadline
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, patience)

    let told = ''
    child.stdio[3]?.on('data', (chunk) => {
      told += chunk
      if (told.endsWith('\n')) child.kill('SIGKILL')
    })
    let stderr = ''
    child.stderr?.on('data', (chunk) => (stderr = (stderr + chunk).slice(-20_000)))

    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (told) resolve(JSON.parse(told))
      else if (isLate) resolve({ passed: false, seen: `the process was still there after ${patience / 1_000} s` })
      else resolve(judgeEnd(ends, code, signal, stderr))
    })
  })
}

/** @param {import('./lists.mjs').Ends | undefined} ends @param {number | null} code @param {string | null} signal @param {string} stderr @returns {Finding} */
function judgeEnd(ends, code, signal, stderr) {
  if (ends && ('signal' in ends ? signal === ends.signal : code === ends.code)) return { passed: true }
  const how = signal ? `by ${signal}` : `with code ${code}`
  const why = stderr.split('\n').find((line) => /^\w*(Error|Exception)\b|^\w+ \[\w+\]:/.test(line))
  return { passed: false, seen: `the process ended ${how}${why ? ` (${why.trim().slice(0, 160)})` : ''}` }
}
