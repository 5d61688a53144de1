/** What does a call of a function in a thread cost that is awaited before the next one is made? It is a matter of wake-ups. */
import { MOST } from './libraries.mjs'
import { ECHOES, ask, atLeast, of, oneByOne } from './question.mjs'

const LABEL = 'one by one, {a,b}'

/** @type {import('./question.mjs').Shape[]} */
const SHAPES = [{ label: LABEL, load: oneByOne, ...ECHOES['{a,b}'] }]

export const { cases, table, contests } = ask(SHAPES, MOST)
export const title = 'Calls one by one of a function in one thread that does nothing'
export const full = { rounds: 5, warmupTasks: 20_000, timedTasks: 50_000 }
export const quick = { rounds: 1, warmupTasks: 3_000, timedTasks: 5_000 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

export function aims(/** @type {Summaries} */ summaries) {
  const [ours, theirs] = ['workpool', 'piscina'].map((library) => of(summaries, library, LABEL).cpuNs / 1000)
  const measured = `${ours.toFixed(1)} µs against ${theirs.toFixed(1)} µs`
  return [
    atLeast(summaries, LABEL, 5, 'piscina'),
    { aim: `${LABEL}: no more CPU per task than piscina`, measured, met: ours <= theirs },
  ]
}
