/** The options of a broadcast. */
import { misuse } from '../base/errors.js'
import { POSITIVE_MS, boolean, milliseconds, positiveMs, reader, text, unknownOption } from './checks.js'

/** Options of `broadcast`. */
export interface BroadcastOptions {
  /** The export to call. Default: the default export. */
  name?: string | undefined
  /**
   * Whether threads that start later call the export, too, with the same argument and before their first task. There is
   * one such call per `name`: the next sticky broadcast of the same export replaces it. A thread in which it fails has
   * failed to start, as if the module could not be loaded. It goes on until the pool is gone, also after `reboot`.
   * Default: false.
   */
  sticky?: boolean | undefined
  /**
   * Most milliseconds until a thread has called the export and ended, counted from the call of `broadcast`, so that a
   * thread that is busy for long does not hold it up. A thread that has not begun by then never will; one that has gets
   * `grace`, as with any task. Of a `sticky` broadcast it is also how long the call may take in a thread that starts
   * later, counted from its begin there. Above 0 and up to 2³¹ − 1; default: no limit.
   */
  timeout?: number | undefined
}

const BROADCAST = { name: text, sticky: boolean, timeout: milliseconds(positiveMs, POSITIVE_MS) }
const WHAT = 'the options of broadcast'

export type BroadcastChecked = ReturnType<typeof checkBroadcastOptions>
export const checkBroadcastOptions = reader(WHAT, BROADCAST, (option) =>
  option === 'transfer'
    ? misuse('transfer is not possible in a broadcast: what is moved would be gone after the first thread')
    : unknownOption(option, WHAT, Object.keys(BROADCAST)),
)
