import { type Transferable as NodeTransferable, threadId } from 'node:worker_threads'

import { process } from '../../base/intrinsics.js'
import type { Transferable } from '../../base/transferable.js'
import { Flow, ValueKind, Word } from '../../native/abi.js'
import { describe, isolate, native, words } from '../../native/binding.js'
import { Verdict } from '../../wire/payload/index.js'
import { rare } from '../../wire/rarely.js'
import { PORTLESS, encode, pack, sendWritten, serialize, surveyed } from '../../wire/values.js'
import { type Assignment, type Report, nextCount, tokenOf } from '../messages.js'
import type { Begun } from './begun.js'
import type { Callee, Job } from './job.js'
import { sendPrints } from './printing.js'
import { brief } from './task-functions.js'
import { isTransfer } from './transfer.js'

/** How tasks end: with a result or an error, which goes out with the report to the core. */
export class TaskEnds {
  readonly #assignment: Assignment['workpool']
  /** The tasks that have called `currentTask`. */
  readonly #begun: Map<number, Begun>
  readonly #nameOf: (callee: Callee) => string
  #ended = 0
  /** Whether the owner knows that the thread is to be replaced. */
  #isTold = false
  /** The count of the value that takes the message port next. */
  #nextValue = 0

  constructor(assignment: Assignment['workpool'], begun: Map<number, Begun>, nameOf: (callee: Callee) => string) {
    this.#assignment = assignment
    this.#begun = begun
    this.#nameOf = nameOf
  }

  /** Tells the owner something. */
  report(report: Report, transfer: readonly Transferable[] = []): void {
    this.#assignment.control.postMessage(report, [...transfer] as Transferable[] as NodeTransferable[])
  }

  /** The last line of a stack that comes from this thread. */
  line(what: string): string {
    return `at ${what} (pool ${this.#assignment.name}, thread ${threadId})`
  }

  /** Reports a task that has ended with a result. Answers as `native.next`, and so does `failed`. */
  completed(job: Job, result: unknown): number {
    try {
      const [value, list] = isTransfer(result) ? [result.value, result.list] : [result, undefined]
      if (list !== undefined || !encode(value)) return this.#send(job, false, value, list)
      return this.#done(job.task, false)
    } catch (error) {
      // A result that cannot be cloned, or for which there is no memory, fails its task.
      return this.failed(job, error)
    }
  }

  failed(job: Job, error: unknown): number {
    const description = rare().describeError(error, this.line(`task ${brief(this.#nameOf(job))}`))
    try {
      if (encode(description)) return this.#done(job.task, true)
      if ((job.exportCode & PORTLESS) === 0) return this.#send(job, true, description)
    } catch {
      // Then the error goes without what even a message port cannot bring.
    }
    try {
      pack(description)
      return this.#done(job.task, true)
    } catch (noMemory) {
      return this.failed(job, noMemory)
    }
  }

  /** A value that cannot be encoded goes by the message port, and the report to the core follows it. */
  #send({ task, exportCode }: Job, isFailed: boolean, value: unknown, list?: readonly Transferable[]): number {
    if (exportCode & PORTLESS) {
      serialize(value, list)
      return this.#done(task, isFailed)
    }
    if (list === undefined && surveyed(value) === Verdict.same) {
      sendWritten(value)
      return this.#done(task, isFailed)
    }
    // If the task has settled in another way, nobody asks for the value.
    if (native.isAbandoned(isolate, task)) {
      describe(ValueKind.undefined, 0, 0)
      return this.#done(task, isFailed)
    }
    const token = this.#post(value, list)
    describe(ValueKind.port, token, 0)
    const answer = this.#done(task, isFailed)
    // The task has settled meanwhile.
    if (words[Word.settled] === 0) this.report({ kind: 'vain', token })
    return answer
  }

  /** Sends a value by the message port; gives the token by which the owner finds it. */
  #post(value: unknown, list: readonly Transferable[] | undefined): number {
    const token = tokenOf(this.#assignment.serial, this.#nextValue)
    this.report({ kind: 'value', token, value }, list)
    this.#nextValue = nextCount(this.#nextValue)
    return token
  }

  /**
   * Sends a chunk of a stream that the task produces. Says how the stream goes on.
   *
   * @throws what cannot be cloned
   */
  chunk({ exportCode }: Job, stream: number, chunk: unknown): Flow {
    const [value, list] = isTransfer(chunk) ? [chunk.value, chunk.list] : [chunk, undefined]
    if (list === undefined && encode(value)) return native.stream_send(stream)
    if (exportCode & PORTLESS) {
      serialize(value, list)
      return native.stream_send(stream)
    }
    if (list === undefined && surveyed(value) === Verdict.same) {
      sendWritten(value)
      return native.stream_send(stream)
    }
    // If nobody consumes any more, nobody asks for the value.
    if (native.stream_flow(stream) === Flow.closed) return Flow.closed
    const token = this.#post(value, list)
    describe(ValueKind.port, token, 0)
    const flow = native.stream_send(stream)
    if (flow === Flow.closed) this.report({ kind: 'vain', token })
    return flow
  }

  #done(task: number, isFailed: boolean): number {
    if (this.#begun.size > 0) {
      this.#begun.get(task)?.end()
      this.#begun.delete(task)
    }
    return native.done(task, isFailed ? 1 : 0, sendPrints() ? 1 : 0, this.#isWornOut() ? 1 : 0)
  }

  /** Whether the thread is to be replaced. This is asked at the end of a task, so that no task is ended for it. */
  #isWornOut(): boolean {
    const { tasks, heapBytes } = this.#assignment.recycle
    this.#ended++
    const limit =
      tasks > 0 && this.#ended >= tasks
        ? 'tasks'
        : heapBytes > 0 && process.memoryUsage().heapUsed > heapBytes
          ? 'heapMb'
          : undefined
    if (limit === undefined) return false
    if (!this.#isTold) this.report({ kind: 'recycled', by: { tasks: this.#ended, limit } })
    return (this.#isTold = true)
  }
}
