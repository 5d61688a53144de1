/**
 * The shape of poolifier's own benchmark: 100,000 factorials of 1,000, a BigInt each, all at once, as many threads as cores. poolifier also with its
 * task queue, as there.
 */
import { availableParallelism } from 'node:os'
import { MOST } from './libraries.mjs'
import { ask, atOnce } from './question.mjs'
import factorial from './tasks/factorial.mjs'

const N = 1_000
const EXPECTED = factorial(N)
const THREADS = availableParallelism()

/** @type {import('./question.mjs').Shape[]} */
const SHAPES = [
  {
    label: `factorial(${N}), all at once`,
    task: 'factorial',
    threads: THREADS,
    load: atOnce,
    argument: () => N,
    isRight: (result) => result === EXPECTED,
  },
]

export const { cases, table, contests } = ask(
  SHAPES,
  MOST.toSpliced(MOST.indexOf('poolifier, tuned') + 1, 0, 'poolifier, queued'),
)
export const title = `Factorials of ${N.toLocaleString('en')}, all at once, in ${THREADS} threads`
export const full = { rounds: 3, warmupTasks: 1_000, timedTasks: 100_000 }
export const quick = { rounds: 1, warmupTasks: 200, timedTasks: 1_000 }
