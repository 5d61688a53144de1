import type { AsyncResource } from 'node:async_hooks'

import { BatchHead, BatchRow, Batching, Special } from '../native/abi.js'
import { native } from '../native/binding.js'
import { captureContextForMany } from './async-context.js'
import type { Batch, Share } from './batch.js'
import type { SubmitSite } from '../observe/submit-site.js'
import { type BatchOptions, type Places, answerAt, writeHead } from './places.js'
import { type Closure, Task } from './task.js'

/** What a batch needs of a pool of closures. */
export interface BatchOwner<R> {
  readonly id: number
  readonly name: string
  /** Whether the core notes the times of its tasks. */
  readonly isNoted: boolean
  /** Where they were submitted, if that is noted. */
  readonly site: SubmitSite | undefined
  /** All tasks of the pool, under the core's numbers. */
  readonly tasks: readonly unknown[]
  keep(task: Task<R>): void
  abort(task: Task<R>, reason: unknown): void
  startOn(worker: number, task: Task<R>): void
  /** The tasks have been taken in, and some of them may have to wait. */
  taken(hasWaiting: boolean): void
  closedError(): Error
}

/** A closure of a batch. It settles by its batch and has no promise of its own. */
class BatchTask<R> extends Task<R> {
  constructor(
    readonly share: ClosureShare<R>,
    readonly index: number,
    closure: Closure<R>,
    priority: number,
    hasTimeout: boolean,
    isNoted: boolean,
  ) {
    super(closure, share.batch.promise, priority, undefined, hasTimeout, isNoted)
  }

  override succeed(value: unknown): void {
    this.traced?.completed()
    this.share.batch.completed(this.index, value)
  }

  override fail(error: unknown): void {
    this.traced?.failed(error)
    this.share.batch.failed(error)
  }

  override heed(): void {
    this.share.heed(this)
  }
}

const array = new Int32Array(Batching.batchHead + Batching.heldAtOnce * Batching.answer)
const bytes = new Uint8Array(array.buffer)

/** The closures that one pool takes of a batch. */
export class ClosureShare<R> implements Share {
  readonly #owner: BatchOwner<R>
  readonly batch: Batch
  readonly #closures: readonly Closure<R>[]
  /** Places in the batch; `undefined` if the pool takes all. */
  readonly #indices: readonly number[] | undefined
  readonly #options: BatchOptions
  readonly #places: Places
  /** The core's numbers for its tasks: who fails looks at no others. */
  readonly #ids: number[] = []
  /** How many of them have been looked at since the batch failed. */
  #aborted = 0
  /** Worker by worker, with the task that it has. */
  readonly #starts: { readonly worker: number; readonly task: BatchTask<R> }[] = []

  constructor(
    owner: BatchOwner<R>,
    batch: Batch,
    closures: readonly Closure<R>[],
    indices: readonly number[] | undefined,
    options: BatchOptions,
    places: Places,
  ) {
    this.#owner = owner
    this.batch = batch
    this.#closures = closures
    this.#indices = indices
    this.#options = options
    this.#places = places
  }

  prepare(): void {}

  handIn(): void {
    const count = this.#indices?.length ?? this.#closures.length
    const context = captureContextForMany()
    let hasWaiting = false
    for (let done = 0; done < count; done += Batching.heldAtOnce) {
      const some = Math.min(count - done, Batching.heldAtOnce)
      writeHead(array, this.#owner.id, this.#places, some, 0)
      native.submit_batch(bytes)
      const taken = array[BatchHead.count]!
      for (let place = 0; place < taken; place++) hasWaiting = this.#take(done + place, place, context) || hasWaiting
      if (taken < some) {
        const error = this.#owner.closedError()
        this.#options.tracedBatch?.refuse(error)
        this.batch.failed(error)
        break
      }
    }
    this.#owner.taken(hasWaiting)
  }

  /** Keeps the task of a closure. Returns whether it waits. */
  #take(own: number, place: number, context: AsyncResource | undefined): boolean {
    const index = this.#indices === undefined ? own : this.#indices[own]!
    const { priority = 1, timeout = 0, tracedBatch } = this.#options
    const task = new BatchTask(this, index, this.#closures[index]!, priority, timeout > 0, this.#owner.isNoted)
    const at = answerAt(place)
    task.id = array[at + BatchRow.task]!
    task.stamp = array[at + BatchRow.stamp]!
    task.asyncContext = tracedBatch === undefined ? context : tracedBatch.contextAt(index)
    task.key = this.#options.key
    task.site = this.#owner.site
    this.#owner.keep(task)
    if (tracedBatch !== undefined) task.traceBy(tracedBatch.tasks[index]!, this.#owner.id, this.#owner.name)
    this.#ids.push(task.id)
    const worker = array[at + BatchRow.worker]!
    if (worker === Special.none) return true
    this.#starts.push({ worker, task })
    return false
  }

  start(): void {
    // Each has its worker already, but its time of running begins with its call.
    const { id } = this.#owner
    const isMeasured = native.is_measuring(id) === 1
    for (const { worker, task } of this.#starts) {
      if (isMeasured) native.begin(id, task.id, task.stamp)
      this.#owner.startOn(worker, task)
    }
  }

  /** A task is about to start or to end, and its turn to be aborted may not have come. */
  heed(task: Task<R>): void {
    this.batch.heed()
    if (this.batch.isOver) this.#owner.abort(task, this.batch.reason)
  }

  abortSome(most: number, reason: unknown): boolean {
    const { tasks } = this.#owner
    const end = Math.min(this.#aborted + most, this.#ids.length)
    for (; this.#aborted < end; this.#aborted++) {
      // The number of one that has settled may be another's by now.
      const task = tasks[this.#ids[this.#aborted]!]
      if (task instanceof BatchTask && task.share === this) this.#owner.abort(task, reason)
    }
    return end === this.#ids.length
  }

  giveBack(): void {
    native.give_back_places(this.#owner.id, this.#places.number, this.#places.stamp)
  }
}
