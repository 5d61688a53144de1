/** What does a call cost with two threads to choose from, 64 in flight? On a machine with two cores they are one too many. */
import { MOST } from './libraries.mjs'
import { ECHOES, ask, atLeast, inFlight } from './question.mjs'

const LABEL = '2 threads, 64 in flight, {a,b}'

/** @type {import('./question.mjs').Shape[]} */
const SHAPES = [{ label: LABEL, load: inFlight, threads: 2, ...ECHOES['{a,b}'] }]

export const { cases, table, contests } = ask(SHAPES, MOST)
export const title = 'Calls of a function in two threads that does nothing, 64 in flight'
export const full = { rounds: 5, warmupTasks: 50_000, timedTasks: 100_000 }
export const quick = { rounds: 1, warmupTasks: 5_000, timedTasks: 10_000 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */
export const aims = (/** @type {Summaries} */ summaries) => [atLeast(summaries, LABEL, 10, 'piscina')]
