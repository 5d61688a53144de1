/** What does a call of a function in one thread cost while 64 of them are under way? This is what a service does. */
import { MOST } from './libraries.mjs'
import { ECHOES, ask, atLeast, inFlight } from './question.mjs'

const NUMBER = '64 in flight, number'
const OBJECT = '64 in flight, {a,b}'

/** @type {import('./question.mjs').Shape[]} */
const SHAPES = [
  { label: NUMBER, load: inFlight, ...ECHOES.number },
  { label: OBJECT, load: inFlight, ...ECHOES['{a,b}'] },
]

export const { cases, table, contests } = ask(SHAPES, MOST)
export const title = 'Calls of a function in one thread that does nothing, 64 in flight'
export const full = { rounds: 5, warmupTasks: 50_000, timedTasks: 100_000 }
export const quick = { rounds: 1, warmupTasks: 10_000, timedTasks: 10_000 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

export const aims = (/** @type {Summaries} */ summaries) => [
  atLeast(summaries, OBJECT, 20, 'piscina'),
  atLeast(summaries, OBJECT, 6, 'piscina, tuned'),
  atLeast(summaries, OBJECT, 2, 'bare port'),
  atLeast(summaries, NUMBER, 50, 'piscina'),
  atLeast(summaries, NUMBER, 5, 'bare port'),
]
