/**
 * How much does a pool add to tasks that use the processor for 10 µs, 100 µs, 1 ms, in one thread and with 64 in flight? Inline, they take
 * just that, and the event loop with them.
 */
import { MOST } from './libraries.mjs'
import { ask, inFlight } from './question.mjs'

/** @param {number} us @param {number} share @returns {import('./question.mjs').Shape} */
const spinning = (us, share) => ({
  label: `a task of ${us < 1_000 ? `${us} µs` : `${us / 1_000} ms`}`,
  task: 'spin',
  load: inFlight,
  argument: () => us,
  isRight: (result) => result === us,
  share,
})

export const { cases, table, contests } = ask(
  [spinning(10, 1), spinning(100, 0.25), spinning(1_000, 0.05)],
  [...MOST, 'inline'],
)
export const title = 'Tasks that use the processor, in one thread, 64 in flight'
export const full = { rounds: 5, warmupTasks: 5_000, timedTasks: 20_000 }
export const quick = { rounds: 1, warmupTasks: 1_000, timedTasks: 3_000 }
