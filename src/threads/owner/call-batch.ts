import { BatchHead, BatchRow } from '../../native/abi.js'
import { native } from '../../native/binding.js'
import { needHeadroom } from '../../base/headroom.js'
import type { Transferable } from '../../base/transferable.js'
import type { CheckedCarrier } from '../../options/carry-options.js'
import type { RunChecked } from '../../options/thread-options.js'
import type { Batch, Share } from '../../origin/batch.js'
import type { Observer } from '../../observe/observer.js'
import type { SubmitSite } from '../../observe/submit-site.js'
import type { JobOptions } from '../../origin/origin.js'
import { type Places, answerAt, writeHead } from '../../origin/places.js'
import { BatchWriter } from '../../wire/batch-values.js'
import { CARRIED, NAMED, serialize } from '../../wire/values.js'
import { BatchCall, type Call } from './call.js'
import type { CallList } from './call-list.js'
import type { BatchOfCalls, CallTable } from './call-table.js'
import { capture } from './carry.js'
import { type PortArgument, discard, toPortArgument } from './port-argument.js'

/** What a batch needs of a pool of threads. */
export interface CallBatchOwner {
  readonly id: number
  readonly name: string
  /** Whether a message port goes from here to the threads. */
  readonly hasPort: boolean
  readonly observer: Observer
  /** The number of the export, with its flags. */
  exportCode(name: string): number
  readonly carry: readonly CheckedCarrier[]
  /** All tasks of the pool. */
  readonly table: CallTable
  abort(call: Call, reason: unknown): void
  closedError(): Error
}

/** The calls that one pool takes of a batch. */
export class CallShare implements Share, BatchOfCalls {
  readonly #owner: CallBatchOwner
  readonly batch: Batch
  readonly #calls: CallList
  /** Places in the batch; `undefined` if the pool takes all. */
  readonly #indices: readonly number[] | undefined
  readonly #options: RunChecked & JobOptions
  readonly #places: Places
  readonly #count: number
  readonly #writer: BatchWriter
  /** What only a message port brings, by place among the calls of this pool. */
  readonly #portArguments = new Map<number, PortArgument>()
  /** Where they were submitted, if that is noted. */
  readonly #site: SubmitSite | undefined
  #exportCode = 0
  /** The core's numbers for its tasks: who fails looks at no others. */
  readonly #ids: number[] = []
  /** How many of them have been looked at since the batch failed. */
  #aborted = 0

  constructor(
    owner: CallBatchOwner,
    batch: Batch,
    calls: CallList,
    indices: readonly number[] | undefined,
    options: RunChecked & JobOptions,
    places: Places,
  ) {
    this.#owner = owner
    this.batch = batch
    this.#calls = calls
    this.#indices = indices
    // The batch listens to the signal, not each of its calls.
    const { signal: _, ...own } = options
    this.#options = own
    this.#places = places
    this.#count = indices?.length ?? calls.length
    this.#writer = new BatchWriter(this.#count)
    this.#site = owner.observer.site()
  }

  #indexOf(own: number): number {
    return this.#indices === undefined ? own : this.#indices[own]!
  }

  /** Encodes all arguments. What is moved is moved last, when nothing else can fail any more. */
  prepare(): void {
    const { name, args, transfers } = this.#calls
    this.#exportCode = this.#owner.exportCode(name)
    const carried = this.#capture()
    if (carried !== undefined) this.#exportCode |= CARRIED
    const isNamed = (this.#exportCode & NAMED) !== 0
    const moving: { own: number; sent: unknown; list: readonly Transferable[] }[] = []
    for (let own = 0; own < this.#count; own++) {
      const index = this.#indexOf(own)
      const given = args[index]
      const list = transfers?.[index]
      const argument = carried === undefined ? given : [given, ...(carried[own] ?? [])]
      const sent = isNamed ? [name, argument] : argument
      if (list !== undefined && list.length > 0 && this.#owner.hasPort) {
        this.#writer.addPort()
        moving.push({ own, sent, list })
      } else if (list !== undefined || !this.#writer.add(sent)) {
        this.#bring(own, sent, list)
      }
    }
    for (const { own, sent, list } of moving) this.#portArguments.set(own, toPortArgument(sent, list)!)
  }

  /** What goes along with each task, if anything goes along with one of them. */
  #capture(): (unknown[] | undefined)[] | undefined {
    const { carry } = this.#owner
    if (carry.length === 0) return undefined
    const { tracedBatch } = this.#options
    const carried = Array.from({ length: this.#count }, (_, own) =>
      tracedBatch === undefined ? capture(carry) : tracedBatch.within(this.#indexOf(own), () => capture(carry)),
    )
    return carried.some((values) => values !== undefined) ? carried : undefined
  }

  /** An argument that the encoder has declined, or of which something is moved from one isolate to the threads of another. */
  #bring(own: number, sent: unknown, list: readonly Transferable[] | undefined): void {
    needHeadroom()
    if (!this.#owner.hasPort) {
      serialize(sent, list)
      this.#writer.addSent()
      return
    }
    let isWritten = false
    const portArgument = toPortArgument(sent, [], (value) => (isWritten = this.#writer.add(value)))
    if (portArgument !== undefined) {
      this.#portArguments.set(own, portArgument)
      this.#writer.addPort()
    } else if (!isWritten) {
      this.#writer.addSent()
    }
  }

  handIn(): void {
    const { table } = this.#owner
    this.#owner.observer.accepted()
    const { tracedBatch } = this.#options
    let own = 0
    for (const chunk of this.#writer.chunks) {
      writeHead(chunk.words, this.#owner.id, this.#places, chunk.count, this.#exportCode)
      native.run_batch(chunk.bytes)
      const taken = chunk.words[BatchHead.count]!
      for (let place = 0; place < taken; place++, own++) {
        const index = this.#indexOf(own)
        const at = answerAt(place)
        const id = chunk.words[at + BatchRow.task]!
        table.keepOfBatch(id, chunk.words[at + BatchRow.stamp]!, this, index)
        this.#ids.push(id)
        if (this.#portArguments.size > 0) this.#keepPortArgument(table.at(id)!, own)
        const traced = tracedBatch?.tasks[index]
        if (traced !== undefined) {
          const call = table.at(id)!
          call.options = { ...call.options, traced }
          call.tellAccepted(traced, this.#owner.id, this.#owner.name)
        }
      }
      if (taken < chunk.count) {
        const error = this.#owner.closedError()
        tracedBatch?.refuse(error)
        this.batch.failed(error)
        break
      }
    }
    this.#discard()
  }

  /** The call has the argument until its thread is known. */
  #keepPortArgument(call: Call, own: number): void {
    call.portArgument = this.#portArguments.get(own)
    this.#portArguments.delete(own)
  }

  callAt(index: number): Call {
    return new BatchCall(this.#calls.name, this.batch, index, this.#options, this.#site)
  }

  start(): void {}

  giveBack(): void {
    native.give_back_places(this.#owner.id, this.#places.number, this.#places.stamp)
    this.#discard()
  }

  abortSome(most: number, reason: unknown): boolean {
    const { table } = this.#owner
    const end = Math.min(this.#aborted + most, this.#ids.length)
    for (; this.#aborted < end; this.#aborted++) {
      const id = this.#ids[this.#aborted]!
      // The number of one that has settled may be another's by now.
      if (table.batchAt(id) !== this && !this.#isOfBatch(table.objectAt(id))) continue
      this.#owner.abort(table.at(id)!, reason)
    }
    return end === this.#ids.length
  }

  #isOfBatch(call: Call | undefined): boolean {
    return call instanceof BatchCall && call.batch === this.batch
  }

  /** Nobody will ask for the arguments of calls that have not been handed in. */
  #discard(): void {
    for (const portArgument of this.#portArguments.values()) discard(portArgument)
    this.#portArguments.clear()
    this.#writer.chunks.length = 0
  }
}
