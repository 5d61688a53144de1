/** How long until a fresh process has the first result: the library is loaded, a pool of one thread is made, the thread starts, loads the task, answers. */
import { MOST, open } from './libraries.mjs'
import { contestsOf, tableOf } from '../readings.mjs'

/** @param {string} library */
async function measure(library) {
  const [name] = library.split(', ')
  const before = performance.now()
  if (name !== 'bare port') await import(/** @type {string} */ (name))
  const loaded = performance.now()
  const threads = await open(library, { task: 'echo', threads: 1 })
  if ((await threads.run(7)) !== 7) throw new Error(`${library}: a wrong result`)
  const answered = performance.now()
  return {
    loadMs: loaded - before,
    startMs: answered - loaded,
    totalMs: answered - before,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  }
}

export const cases = MOST.filter((library) => !library.endsWith('tuned')).map((library) => ({
  name: library,
  measure: () => measure(library),
}))

export const title = 'From nothing to the first result'
export const full = { rounds: 25 }
export const quick = { rounds: 3 }
export const method = (/** @type {{ rounds: number }} */ { rounds }) =>
  `Medians of ${rounds} interleaved rounds, each in a fresh process.`

const COLUMNS = [
  { key: 'loadMs', label: 'loading the library', unit: 'ms', digits: 1 },
  { key: 'startMs', label: 'cold start, from create to the first result', unit: 'ms', digits: 1, isContest: true },
  { key: 'totalMs', label: 'cold start, both', unit: 'ms', digits: 1, isContest: true },
  { key: 'rssMb', label: 'RSS', unit: 'MB', digits: 0 },
]

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */
export const table = (/** @type {Summaries} */ summaries) => tableOf(summaries, COLUMNS)
export const contests = (/** @type {Summaries} */ summaries) => contestsOf(summaries, COLUMNS)

export function aims(/** @type {Summaries} */ summaries) {
  const atMost = (/** @type {string} */ key, /** @type {string} */ what) => {
    const [ours, theirs] = ['workpool', 'piscina'].map((name) => Number(summaries.get(name)?.values[key]))
    return {
      aim: `cold start, ${what}: at most 1× piscina`,
      measured: `${(ours / theirs).toFixed(2)}×`,
      met: ours <= theirs,
    }
  }
  return [atMost('totalMs', 'with the library'), atMost('startMs', 'from create to the first result')]
}
