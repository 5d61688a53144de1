/** The options of watching a pool. */
import { wrongType } from '../base/errors.js'
import { type Check, type Checked, type Checks, POSITIVE_MS, boolean, milliseconds, positiveMs } from './checks.js'

/** How a pool is watched, and what it notes for whoever looks. Each handle of a shared pool has these of its own. */
export interface ObservingOptions {
  /**
   * A task that runs longer than so many ms is told of once, while it runs: by `logger.warn`, and on the channel
   * `workpool:task:slow` of `node:diagnostics_channel`. In a thread the JavaScript stack of the thread belongs to it, at
   * most one a second. It is noticed within 1 to 1.5 times that time. Above 0, up to 2³¹ − 1; `false`, the default, for
   * never. `configure` changes it.
   *
   * There is a timer only while tasks run or wait, and it keeps no process alive. Leases are not told of. A task that
   * blocks this event loop is told of once it lets go.
   *
   * ```js
   * const pool = Pool.create({ slowTask: 5_000 })
   * ```
   */
  slowTask?: number | false | undefined
  /**
   * Notes for each task where it was submitted: `submitStack` of `inspect()`, of slow tasks, of `TaskTimeoutError`, and of
   * the warning about a lease that nobody has released.
   * It takes some microseconds a task, and memory while the task is there. Default false.
   */
  trackSubmit?: boolean | undefined
}

const ALLOWED = `false, or ${POSITIVE_MS}`
const time = milliseconds(positiveMs, ALLOWED)

/** Those that `configure` may change. */
export const LIVE_OBSERVING = {
  slowTask: ((value, option) => {
    if (value === false) return false
    if (typeof value !== 'number') throw wrongType(option, value, ALLOWED)
    return time(value, option)
  }) as Check<number | false>,
} satisfies Checks

export const OBSERVING = { ...LIVE_OBSERVING, trackSubmit: boolean } satisfies Checks

/** These options, with every default in place. */
export interface ObservingSettings {
  /** `false` for never. */
  readonly slowTask: number | false
  readonly trackSubmit: boolean
}

export const observingOf = ({
  slowTask = false,
  trackSubmit = false,
}: Checked<typeof OBSERVING>): ObservingSettings => ({
  slowTask,
  trackSubmit,
})
