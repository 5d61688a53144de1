/**
 * What does a pool save at all? Calls one by one of a function that does nothing: in a pooled thread, and in a thread of its own for each
 * call, made by hand or by a pool that can be told to.
 */
import { ECHOES, casesOf, contestsOf, of, oneByOne, tableOf } from './question.mjs'

const POOLED = 'pooled'
const FRESH = 'a fresh thread for each'

/** @type {import('./question.mjs').Shape[]} */
const SHAPES = [
  { label: POOLED, load: oneByOne, libraries: ['workpool', 'piscina', 'tinypool'], share: 20, ...ECHOES['{a,b}'] },
  {
    label: FRESH,
    load: oneByOne,
    libraries: ['workpool, fresh thread', 'tinypool, fresh thread', 'new Worker'],
    share: 1,
    ...ECHOES['{a,b}'],
  },
]

export const cases = casesOf(SHAPES, [])
export const title = 'A thread for each task against a pooled thread'
export const full = { rounds: 5, warmupTasks: 5, timedTasks: 100 }
export const quick = { rounds: 1, warmupTasks: 2, timedTasks: 10 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */
export const table = (/** @type {Summaries} */ summaries) => tableOf(SHAPES, [], summaries)

export function contests(/** @type {Summaries} */ summaries) {
  const [pooled, fresh] = contestsOf(SHAPES, [], summaries)
  const worker = { .../** @type {any} */ (fresh?.entries.at(-1)), isYardstick: true }
  return [
    { ...pooled, entries: [...(pooled?.entries ?? []), worker] },
    { ...fresh, own: 'workpool, fresh thread' },
  ]
}

export function aims(/** @type {Summaries} */ summaries) {
  const saved = of(summaries, 'new Worker', FRESH).medianNs / of(summaries, 'workpool', POOLED).medianNs
  return [
    {
      aim: 'a pooled thread is at least 100× cheaper than a new one',
      measured: `${saved.toFixed(0)}×`,
      met: saved >= 100,
    },
  ]
}
