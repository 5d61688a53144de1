import { PATIENCE, delay, expect, inWords, outcomeOf } from '../expect.mjs'

const PAUSE_MS = 50

/**
 * A pool is usable if a task succeeds before long and none stays unsettled: what a crash takes with it may differ, and so may the time it
 * takes to replace a thread.
 *
 * @param {import('../adapters/threads/fixture.mjs').Threads} pool
 */
export async function remainsUsable(pool) {
  const end = performance.now() + PATIENCE
  for (let tries = 1; ; tries++) {
    const outcome = await outcomeOf(pool.run('double', 21))
    expect(outcome.state !== 'pending', 'afterwards, the next task never settled')
    if (outcome.state === 'fulfilled' && outcome.value === 42) return
    expect(performance.now() < end, `afterwards, ${tries} tasks in a row failed; the last one ${inWords(outcome)}`)
    await delay(PAUSE_MS)
  }
}
