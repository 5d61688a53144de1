/** How threads are, for whoever looks at their pool. A thread that nobody looks at does nothing for it. */
import type { EventLoopUtilization } from 'node:perf_hooks'
import type { MessagePort, Worker } from 'node:worker_threads'

import { Date, monotonicNow } from '../../base/intrinsics.js'
import type { Vitals } from '../../observe/seen.js'
import { BEAT, type Order } from '../messages.js'

const BYTES_OF_MIB = 2 ** 20

/** The utilization is that of this time at least, in ms, or the one before is told again. */
const SHORTEST_MS = 250

/** Where a runtime has no such thing, there is none. */
const utilizationOf = (thread: Worker, before?: EventLoopUtilization): EventLoopUtilization | undefined =>
  before === undefined
    ? thread.performance?.eventLoopUtilization?.()
    : thread.performance.eventLoopUtilization(thread.performance.eventLoopUtilization(), before)

/** A thread as its owner knows it, as far as it matters here. */
interface Looked {
  readonly thread: Worker
  readonly control: MessagePort
  readonly startedAt: number
  readonly hasLoaded: boolean
  signs: VitalSigns | undefined
}

/** The signs of one thread. */
export class VitalSigns {
  readonly #cells = new SharedArrayBuffer(BEAT.size)
  readonly #count = new Int32Array(this.#cells)
  readonly #bytes = new Float64Array(this.#cells)
  /** How often the thread has been asked for a beat, and when it was last. */
  #asked = 0
  #askedAt = 0
  #before: EventLoopUtilization | undefined
  #measuredAt = -Infinity
  #utilization: number | undefined

  /** The signs as they are now. */
  look({ thread, control }: Looked): Vitals {
    const now = monotonicNow()
    const answered = Atomics.load(this.#count, BEAT.count)
    const isAnswered = answered === this.#asked
    const vitals = {
      ...(answered > 0 && { heapMb: this.#bytes[BEAT.bytes]! / BYTES_OF_MIB }),
      ...(this.#asked > 0 && { lastTurnMs: isAnswered ? 0 : now - this.#askedAt }),
    }
    if (isAnswered) {
      this.#asked++
      this.#askedAt = now
      control.postMessage({ kind: 'beat', count: this.#asked, cells: this.#cells } satisfies Order)
    }
    this.#measure(thread, now)
    return { ...vitals, ...(this.#utilization !== undefined && { utilization: this.#utilization }) }
  }

  #measure(thread: Worker, now: number): void {
    if (now - this.#measuredAt < SHORTEST_MS) return
    const measured = utilizationOf(thread)
    // At first it is that since the start of the thread.
    this.#utilization =
      this.#before === undefined ? measured?.utilization : utilizationOf(thread, this.#before)?.utilization
    this.#before = measured
    this.#measuredAt = now
  }
}

/** How the thread of a worker is, in its owner. */
export function vitalsOf(member: Looked): Vitals {
  if (!member.hasLoaded) return { since: Math.round(Date.now() - (monotonicNow() - member.startedAt)) }
  member.signs ??= new VitalSigns()
  return member.signs.look(member)
}
