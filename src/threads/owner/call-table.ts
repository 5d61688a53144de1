import { SLICE, inSlices } from '../../base/slices.js'
import type { Batch } from '../../origin/batch.js'
import { Call } from './call.js'

/** Calls that one pool has taken of a batch. */
export interface BatchOfCalls {
  readonly batch: Batch
  /** Makes the object of a call: of that with this place in the batch. */
  callAt(index: number): Call
}

const isBatch = (kept: Call | BatchOfCalls | undefined): kept is BatchOfCalls =>
  kept !== undefined && !(kept instanceof Call)

/**
 * The calls of a pool that are tasks, by task number. A call of a batch is a number in two arrays until something is to
 * be done with it but to settle by its result: of 100,000 objects that live as long as their tasks, half of the time of
 * a batch goes to the garbage collector.
 */
export class CallTable {
  readonly #calls: (Call | BatchOfCalls | undefined)[] = []
  /** Of calls of batches: the place in the batch, and the stamp of the task. */
  readonly #indices: number[] = []
  readonly #stamps: number[] = []

  keep(call: Call): void {
    while (this.#calls.length <= call.id) this.#calls.push(undefined)
    this.#calls[call.id] = call
  }

  keepOfBatch(id: number, stamp: number, batch: BatchOfCalls, index: number): void {
    while (this.#calls.length <= id) this.#calls.push(undefined)
    while (this.#indices.length <= id) {
      this.#indices.push(0)
      this.#stamps.push(0)
    }
    this.#calls[id] = batch
    this.#indices[id] = index
    this.#stamps[id] = stamp
  }

  has(call: Call): boolean {
    return this.#calls[call.id] === call
  }

  /** The batch of a task; `undefined` if it is of none, or its call has become an object. */
  batchAt(id: number): BatchOfCalls | undefined {
    const kept = this.#calls[id]
    return isBatch(kept) ? kept : undefined
  }

  /** The call of a task, if it is an object. */
  objectAt(id: number): Call | undefined {
    const kept = this.#calls[id]
    return isBatch(kept) ? undefined : kept
  }

  /** The place of a task in its batch. */
  indexAt(id: number): number {
    return this.#indices[id]!
  }

  /** The call of a task, as an object from now on. */
  at(id: number): Call | undefined {
    const kept = this.#calls[id]
    if (!isBatch(kept)) return kept
    const call = kept.callAt(this.#indices[id]!)
    call.id = id
    call.stamp = this.#stamps[id]!
    this.#calls[id] = call
    return call
  }

  /** Visits the calls that have not settled, also those that wait, in slices. `visit` must not throw. */
  each(visit: (call: Call) => void): void {
    // What comes later is not visited.
    const { length } = this.#calls
    let id = 0
    inSlices(() => {
      for (const end = Math.min(id + SLICE, length); id < end; id++) {
        const call = this.at(id)
        if (call !== undefined) visit(call)
      }
      return id === length
    })
  }

  /** The number of the task is free. */
  drop(id: number): void {
    this.#calls[id] = undefined
  }
}
