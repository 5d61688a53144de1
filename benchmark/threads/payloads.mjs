/**
 * What does it cost to carry larger values to a thread and back, 64 in flight? The small ones are in `in-flight.mjs`.
 *
 * The function gives back what it gets, so everything is carried twice. The 1 MB is moved both ways, in the same buffer all the
 * time; poolifier can move an argument, but not a result, so its result is copied.
 */
import { MOST } from './libraries.mjs'
import { ask, atLeast, bouncing, inFlight } from './question.mjs'

const OBJECT = '1 KB object'
const CLONED = '64 KB Uint8Array, cloned'
const MOVED = '1 MB, transferred'

/** An order as services pass it around: nested objects, an array, strings, numbers, booleans. About 1 KB of JSON. */
function makeOrder() {
  const item = (/** @type {number} */ number) => ({
    number,
    title: `article ${number} of the catalogue`,
    price: 9.99 + number,
    tags: ['new', 'small'],
  })
  const address = { street: 'Unter den Linden', number: '77', city: 'Berlin', code: '10117', country: 'DE' }
  const customer = { id: 'c-20419', name: 'Ada Lovelace', mail: 'ada@example.org', isCompany: false, address }
  return {
    id: 918_273,
    created: '2026-01-31T12:34:56.789Z',
    isPaid: true,
    customer,
    items: Array.from({ length: 8 }, (_, i) => item(i)),
    note: null,
  }
}

const makeBytes = (/** @type {number} */ length) => {
  const bytes = new Uint8Array(length)
  bytes[length - 1] = 7
  return bytes
}

const areBytes = (/** @type {number} */ length) => (/** @type {any} */ result, /** @type {any} */ argument) =>
  result !== argument && result.length === length && result[length - 1] === 7

/** @type {import('./question.mjs').Shape[]} */
const SHAPES = [
  {
    label: OBJECT,
    task: 'echo',
    load: inFlight,
    argument: makeOrder,
    isRight: (result, argument) => result !== argument && result.items[7].tags[1] === 'small',
  },
  { label: CLONED, task: 'echo', load: inFlight, argument: () => makeBytes(2 ** 16), isRight: areBytes(2 ** 16) },
  {
    label: MOVED,
    task: 'bounce',
    load: bouncing,
    argument: () => makeBytes(2 ** 20),
    // What was moved is no longer there.
    isRight: (result, argument) => argument.length === 0 && areBytes(2 ** 20)(result, argument),
  },
]

export const { cases, table, contests } = ask(SHAPES, MOST)
export const title = 'Values carried to a thread and back, 64 in flight'
export const full = { rounds: 5, warmupTasks: 5_000, timedTasks: 20_000 }
export const quick = { rounds: 1, warmupTasks: 300, timedTasks: 1_000 }

/** @typedef {Map<string, import('../rounds.mjs').Summary>} Summaries */

export const aims = (/** @type {Summaries} */ summaries) => [
  atLeast(summaries, OBJECT, 1, 'bare port'),
  atLeast(summaries, CLONED, 1.5, 'bare port'),
  atLeast(summaries, MOVED, 1, 'bare port'),
]
