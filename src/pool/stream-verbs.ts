/** `stream` of thread pools, and of a MultiPool of such. */
import { merged } from '../base/own.js'
import { type RunChecked, checkStreamOptions } from '../options/thread-options.js'
import type { Origin } from '../origin/origin.js'
import { ChunkStream } from '../threads/stream/chunk-stream.js'
import type { StreamHome } from '../threads/stream/home.js'
import { StreamCall } from '../threads/stream/stream-call.js'
import type { Call } from '../threads/owner/call.js'
import { DEFAULT } from './call-verbs.js'

const HIGH_WATER_MARK = 16

/**
 * The chunks of the default export, or of the one that is named. What `options` leaves out is in `defaults`.
 *
 * @param origin asked when the call is handed in: it is to reference the pool, which would be released when nobody does
 * @param homeOf the pool that has taken the call
 */
export function streamChecking<O extends Origin<Call, RunChecked>>(
  origin: () => O,
  homeOf: (origin: O, call: Call) => StreamHome,
  argument: unknown,
  options: unknown,
  defaults: RunChecked,
): ChunkStream<any> {
  const { highWaterMark = HIGH_WATER_MARK, ...own } = checkStreamOptions(options)
  const checked = merged(defaults, own as RunChecked)
  origin().assertPossible(checked)
  const submit = (call: Call): StreamHome => {
    const taken = origin()
    taken.execute(call, checked)
    return homeOf(taken, call)
  }
  return new ChunkStream(new StreamCall(checked.name ?? DEFAULT, argument, highWaterMark, submit))
}
