/** `stream` of thread pools, of a MultiPool of such, and of views of them. */
import { merged } from '../options/policy-options.js'
import { checkStreamOptions } from '../options/thread-options.js'
import { ChunkStream } from '../threads/stream/chunk-stream.js'
import type { StreamHome } from '../threads/stream/home.js'
import type { Call } from '../threads/owner/call.js'
import { type CallAccess, DEFAULT } from './call-verbs.js'
import { noCare } from './no-care.js'
import { StreamCall } from '../threads/stream/stream-call.js'

const HIGH_WATER_MARK = 16

/** The chunks of the default export, or of the one that is named. */
export function streamChecking(access: CallAccess, argument: unknown, options: unknown): ChunkStream<any> {
  const { origin, terms } = access
  noCare(terms.care, 'stream')
  const { highWaterMark = HIGH_WATER_MARK, ...own } = checkStreamOptions(options)
  const checked = merged<typeof own>(terms.options, own)
  origin.assertPossible(checked)
  const submit = (call: Call): StreamHome => {
    // It references the pool, which would be released when nobody does.
    access.origin.execute(call, checked)
    return access.homeOf(call)
  }
  return new ChunkStream(new StreamCall(checked.name ?? DEFAULT, argument, highWaterMark, submit))
}
