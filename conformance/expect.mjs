/** What a behaviour is told by: outcomes of promises, and failures that say in one line what was seen instead. */
import { setTimeout as delay } from 'node:timers/promises'
import { inspect, isDeepStrictEqual } from 'node:util'

/** Milliseconds after which a promise counts as one that never settles. */
export const PATIENCE = 2_500

/** A behaviour that is not there. The message is what was seen. */
export class Unmet extends Error {}

export { delay }

/** @typedef {{ state: 'fulfilled', value: unknown } | { state: 'rejected', error: unknown } | { state: 'pending' }} Outcome */

/**
 * @param {PromiseLike<unknown>} promise
 * @param {number} [patience] ms
 * @returns {Promise<Outcome>}
 */
export function outcomeOf(promise, patience = PATIENCE) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ state: 'pending' }), patience)
    const settle = (/** @type {Outcome} */ outcome) => {
      clearTimeout(timer)
      resolve(outcome)
    }
    promise.then(
      (value) => settle({ state: 'fulfilled', value }),
      (error) => settle({ state: 'rejected', error }),
    )
  })
}

/** @param {readonly PromiseLike<unknown>[]} promises @param {number} [patience] */
export const outcomesOf = (promises, patience) => Promise.all(promises.map((promise) => outcomeOf(promise, patience)))

/** @param {unknown} value */
export const show = (value) =>
  value instanceof Error
    ? showError(value)
    : inspect(value, { breakLength: Infinity, compact: true, depth: 3, maxStringLength: 80 })

/** @param {unknown} error */
const showError = (error) => (error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : show(error))

/** @param {Outcome} outcome */
export function inWords(outcome) {
  if (outcome.state === 'fulfilled') return `fulfilled with ${show(outcome.value)}`
  if (outcome.state === 'rejected') return `rejected with ${showError(outcome.error)}`
  return 'never settled'
}

/** Counts the outcomes by kind: `3 fulfilled, 7 never settled`. @param {readonly Outcome[]} outcomes */
export function tally(outcomes) {
  const counts = new Map()
  for (const { state } of outcomes) counts.set(state, (counts.get(state) ?? 0) + 1)
  return [...counts].map(([state, count]) => `${count} ${state === 'pending' ? 'never settled' : state}`).join(', ')
}

/** @param {unknown} condition @param {string} seen */
export function expect(condition, seen) {
  if (!condition) throw new Unmet(seen)
}

/** @param {unknown} seen @param {unknown} expected @param {string} what */
export function expectSame(seen, expected, what) {
  expect(isDeepStrictEqual(seen, expected), `${what} ${show(seen)}, not ${show(expected)}`)
}

/** @param {PromiseLike<unknown>} promise @param {unknown} expected @param {string} [what] */
export async function fulfils(promise, expected, what = 'the task') {
  const outcome = await outcomeOf(promise)
  expect(outcome.state === 'fulfilled', `${what} ${inWords(outcome)}, not fulfilled with ${show(expected)}`)
  expectSame(/** @type {{ value: unknown }} */ (outcome).value, expected, `${what} gave`)
}

/**
 * @param {PromiseLike<unknown>} promise
 * @param {string} [what]
 * @param {number} [patience]
 * @returns {Promise<any>} the error
 */
export async function rejects(promise, what = 'the task', patience = PATIENCE) {
  const outcome = await outcomeOf(promise, patience)
  expect(
    outcome.state === 'rejected',
    `${what} ${inWords(outcome)}${outcome.state === 'pending' ? ` within ${patience} ms` : ''}`,
  )
  return /** @type {{ error: unknown }} */ (outcome).error
}

/** @param {readonly PromiseLike<unknown>[]} promises @param {string} what */
export async function settle(promises, what) {
  const outcomes = await outcomesOf(promises)
  expect(!outcomes.some(({ state }) => state === 'pending'), `${what}: ${tally(outcomes)}`)
  return outcomes
}

/** @param {() => boolean} condition @param {() => string} seen @param {number} [patience] */
export async function until(condition, seen, patience = PATIENCE) {
  const end = performance.now() + patience
  while (!condition()) {
    if (performance.now() > end) throw new Unmet(seen())
    await delay(10)
  }
}
