import { process } from '../../base/intrinsics.js'
import { BEAT, type Beat, type Order } from '../messages.js'

export const isBeat = (order: Order): order is Beat => typeof order === 'object' && order.kind === 'beat'

/** Tells the owner, who has asked, that the event loop has its turn. */
export function answerBeat({ count, cells }: Beat): void {
  new Float64Array(cells)[BEAT.bytes] = process.memoryUsage().heapUsed
  // Behind the bytes, so that whoever sees the count sees them.
  Atomics.store(new Int32Array(cells), BEAT.count, count)
}
