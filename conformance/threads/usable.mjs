import { expect, inWords, outcomeOf } from '../expect.mjs'

const TRIES = 5

/**
 * A pool is usable if one of a few tasks succeeds and none stays unsettled: what a crash takes with it may differ.
 *
 * @param {import('../adapters/threads/fixture.mjs').Threads} pool
 */
export async function remainsUsable(pool) {
  let outcome
  for (let i = 0; i < TRIES; i++) {
    outcome = await outcomeOf(pool.run('double', 21))
    expect(outcome.state !== 'pending', 'afterwards, the next task never settled')
    if (outcome.state === 'fulfilled' && outcome.value === 42) return
  }
  expect(false, `afterwards, ${TRIES} tasks in a row failed; the last one ${inWords(outcome)}`)
}
