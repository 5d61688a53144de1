/**
 * What does the origin cost? The closure shapes of `closures.mjs`, `waiting.mjs` and `multi-pool.mjs` in Go, with ants and with bare
 * goroutines, beside ours in Node.js.
 *
 * A goroutine that submits to a full pool blocks, so Go has two ways: one submitter that is slowed down, and nothing waits; or a
 * goroutine for each task ("one each"), and what finds no room waits, which is what promises do.
 */
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cases as closures } from './closures.mjs'
import { cases as multiPool } from './multi-pool.mjs'
import { cases as waiting } from './waiting.mjs'

const folder = fileURLToPath(new URL('go/', import.meta.url))
const program = `${folder}bench`
const execute = promisify(execFile)

/** Why it cannot be asked here. Builds the Go side. */
export function obstacle() {
  if (process.platform === 'win32') return 'its processor time is measured the way of Unix'
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
  } catch {
    return 'Go is not installed'
  }
  try {
    execFileSync('go', ['build', '-o', program, '.'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
    return undefined
  } catch (error) {
    return `the Go side could not be built: ${/** @type {{ stderr: string }} */ (error).stderr}`
  }
}

export function versions() {
  const go = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim().replace('go', '')
  const ants = /ants\/v2 v(\S+)/.exec(readFileSync(`${folder}go.mod`, 'utf8'))?.[1] ?? 'unknown'
  return { go, ants }
}

/** @param {string} shape @param {string} name @param {number} tasks @param {string} goName */
const inGo = (shape, name, tasks, goName) => ({
  name: `${shape}; ${name}`,
  measure: async (/** @type {{ warmupTasks: number, timedTasks: number }} */ { warmupTasks, timedTasks }) => {
    const { stdout } = await execute(program, [goName, ...[tasks, warmupTasks, timedTasks].map(String)])
    return JSON.parse(stdout)
  },
})

/** @param {string} shape @param {string} name @param {{ name: string }[]} cases @param {string} original */
function inNode(shape, name, cases, original) {
  const found = cases.find((each) => each.name === original)
  if (!found) throw new Error(`no case '${original}'`)
  return { ...found, name: `${shape}; ${name}` }
}

const FREE = '100,000, no limit'
const LIMITED = '100,000 at limit 100'
const MANY = '1,000,000 at limit 100'
const SPREAD = '100,000 over 4 pools of 64'

/** @type {[shape: string, own: string][]} the first one of each shape is ours */
const SHAPES = [
  [FREE, 'bare promises'],
  [LIMITED, 'workpool'],
  [MANY, 'workpool'],
  [SPREAD, 'workpool'],
]

export const cases = [
  inNode(FREE, 'bare promises', closures, 'bare promises'),
  inGo(FREE, 'goroutines', 100_000, 'goroutines'),
  inNode(LIMITED, 'workpool', closures, 'workpool'),
  inGo(LIMITED, 'ants', 100_000, 'ants'),
  inGo(LIMITED, 'ants, one each', 100_000, 'ants, one each'),
  inGo(LIMITED, 'goroutines, semaphore', 100_000, 'goroutines, semaphore'),
  inGo(LIMITED, 'goroutines, one each', 100_000, 'goroutines, one each'),
  inNode(MANY, 'workpool', waiting, 'workpool, 1,000,000 waiting'),
  inGo(MANY, 'ants', 1_000_000, 'ants'),
  inGo(MANY, 'ants, one each', 1_000_000, 'ants, one each'),
  inGo(MANY, 'goroutines, one each', 1_000_000, 'goroutines, one each'),
  inNode(SPREAD, 'workpool', multiPool, 'round-robin, all at once'),
  inGo(SPREAD, 'ants', 100_000, 'ants, 4 pools of 64'),
]

export const title = 'No-op closures here and in Go'
export const full = { rounds: 5, warmupTasks: 300_000, timedTasks: 1_000_000 }
export const quick = { rounds: 1, warmupTasks: 100_000, timedTasks: 100_000 }

/** @typedef {import('./rounds.mjs').Summary} Summary */

/** @param {Map<string, Summary>} summaries @param {string} shape */
const of = (summaries, shape) => [...summaries.values()].filter(({ name }) => name.startsWith(`${shape};`))

/** @param {string} name */
const short = (name) => name.slice(name.indexOf(';') + 2)

/** @param {Map<string, Summary>} summaries */
export function table(summaries) {
  const rows = SHAPES.flatMap(([shape]) => {
    const all = of(summaries, shape)
    return all.map(({ name, medianNs, minNs, maxNs, cpuNs, peakRssMb }) => [
      shape,
      short(name),
      medianNs.toFixed(0),
      `${minNs.toFixed(0)} – ${maxNs.toFixed(0)}`,
      (medianNs / Number(all[0]?.medianNs)).toFixed(2),
      cpuNs.toFixed(0),
      peakRssMb.toFixed(0),
    ])
  })
  return { head: ['tasks', 'case', 'ns per task', 'min – max', '× Node.js', 'CPU ns per task', 'peak RSS MB'], rows }
}

/** @param {Map<string, Summary>} summaries */
export function contests(summaries) {
  return SHAPES.map(([shape, own]) => ({
    label: shape,
    unit: 'ns per task',
    own,
    entries: of(summaries, shape).map(({ name, medianNs, minNs, maxNs }) => ({
      name: short(name),
      value: medianNs,
      low: minNs,
      high: maxNs,
    })),
  }))
}
