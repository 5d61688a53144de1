/** What does it cost to submit many calls to one thread at once, in time and in memory? In full, 100,000. */
import { MOST } from './libraries.mjs'
import { ECHOES, ask, atLeast, atOnce, of } from './question.mjs'

const LABEL = 'all at once, {a,b}'

/** @type {import('./question.mjs').Shape[]} */
const SHAPES = [{ label: LABEL, load: atOnce, ...ECHOES['{a,b}'] }]

const asked = ask(SHAPES, MOST)
export const { cases, table } = asked
export const title = 'Calls, all at once, of a function in one thread that does nothing'
export const full = { rounds: 5, warmupTasks: 10_000, timedTasks: 100_000 }
export const quick = { rounds: 1, warmupTasks: 5_000, timedTasks: 30_000 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

export const contests = (/** @type {Summaries} */ summaries) => [
  ...asked.contests(summaries),
  {
    label: 'RSS after the burst',
    unit: 'MB',
    own: 'workpool',
    entries: MOST.map((name) => ({ name, value: of(summaries, name, LABEL).rssMb })),
  },
]

export function aims(/** @type {Summaries} */ summaries) {
  const memory = Number(of(summaries, 'workpool', LABEL).rssMb) / Number(of(summaries, 'piscina', LABEL).rssMb)
  return [
    atLeast(summaries, LABEL, 15, 'piscina'),
    { aim: 'RSS after the burst: at most 0.7× piscina', measured: `${memory.toFixed(2)}×`, met: memory <= 0.7 },
  ]
}
