import { Promise } from '../../base/intrinsics.js'
import { capture, captured, forgetCaptured } from '../../origin/captured.js'
import type { Rejection } from '../../native/abi.js'
import { native } from '../../native/binding.js'
import type { Batch } from '../../origin/batch.js'
import type { Accepted, Followed } from '../../origin/followed.js'
import type { SubmitSite } from '../../observe/submit-site.js'
import type { TracedTask } from '../../observe/traced-task.js'
import { type Times, timesNow } from '../../origin/times.js'
import type { Resolve } from '../../origin/task.js'
import { SPREAD } from '../../wire/values.js'
import type { PortArgument } from './port-argument.js'
import type { Listener } from './progress.js'

const noop = (): void => {}

/** What a call rejects with whose thread has ended, or takes no more tasks, before it has begun the call. */
export const LEFT_OUT = Symbol('left out')

/** The call of an export in a thread: a job, and once it is accepted a task, kept until its promise has settled. */
export class Call implements Accepted {
  /** Of the export's number: `SPREAD` if `argument` is a list of arguments, `STREAM` if chunks are to come. */
  flags: number
  /** The core's number for the task, and what tells the task from others that have the number before and after it. */
  id = -1
  stamp = 0
  /** `undefined` for `runSync`. */
  promise: Promise<unknown> | undefined
  resolve: Resolve = noop
  reject: Resolve = noop
  priority = 1
  key: string | undefined
  /** Where it was made, if that is noted. */
  site: SubmitSite | undefined
  signal: AbortSignal | undefined
  /** Who follows it. */
  followed: Followed | undefined
  /** If somebody traces it. */
  traced: TracedTask | undefined
  /** The batch that it belongs to and by which it settles, and its place there. */
  batch: Batch | undefined
  index = 0
  /** If its caller wants to know how far it has come. */
  listener: Listener | undefined
  /** The argument, if no codec takes it, until the thread is known. */
  portArgument: PortArgument | undefined

  constructor(
    /** Of the export. */
    readonly name: string,
    /** Only until the call is accepted. */
    public argument: unknown,
    isSpread: boolean,
  ) {
    this.flags = isSpread ? SPREAD : 0
  }

  /** It settles for whoever follows it, and not by a promise of its own. */
  settleFor(followed: Followed): void {
    this.followed = followed
    this.promise = followed.promise
    this.resolve = (value) => followed.succeed(value)
    this.reject = (error) => followed.fail(error)
  }

  /** If somebody follows it, its times are noted, as the core may forget them. */
  noteTimes(handle: number): void {
    if (this.followed === undefined && this.traced === undefined) return
    native.times(handle, this.id, this.stamp)
    this.noted(timesNow())
  }

  noted(times: Times): void {
    this.followed?.noted(times)
    this.traced?.noted(times)
  }

  /** It is accepted, and somebody traces it. */
  traceBy(traced: TracedTask, handle: number, pool: string): void {
    native.times(handle, this.id, this.stamp)
    traced.accepted(pool, timesNow().id)
    this.traced = traced
  }

  /** It is about to fail, and not by its function. */
  endsBy(cause: Rejection | 'abort'): void {
    this.followed?.endsBy(cause)
    this.traced?.endsBy(cause)
  }

  isRunning(handle: number): boolean {
    return native.has_begun(handle, this.id, this.stamp) === 1
  }

  succeed(value: unknown): void {
    this.traced?.completed()
    if (this.batch === undefined) this.resolve(value)
    else this.batch.completed(this.index, value)
  }

  fail(error: unknown): void {
    this.traced?.failed(error)
    if (this.batch === undefined) this.reject(error)
    else this.batch.failed(error)
  }

  /** The core has turned the task away: its function was never called. */
  turnAway(error: unknown): void {
    this.fail(error)
  }

  /** Has `settle` called with what settles the call, at the time that it chooses. */
  settleBy(settle: (settled: () => void) => void): void {
    const { batch, index, resolve, reject } = this
    this.batch = undefined
    this.resolve = (value) => settle(() => (batch === undefined ? resolve(value) : batch.completed(index, value)))
    this.reject = (error) => settle(() => (batch === undefined ? reject(error) : batch.failed(error)))
  }

  /** Gives the promise of the call, which is made once however many pools the call is offered to. */
  promised(): Promise<unknown> {
    if (this.promise !== undefined) return this.promise
    const promise = new Promise<unknown>(capture)
    this.resolve = captured.resolve
    this.reject = captured.reject
    forgetCaptured()
    this.promise = promise
    return promise
  }
}
