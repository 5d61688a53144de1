import { Promise } from '../../base/intrinsics.js'
import { capture, captured, forgetCaptured } from '../../origin/captured.js'
import type { Rejection } from '../../native/abi.js'
import { native } from '../../native/binding.js'
import { NO_RUN_OPTIONS, type RunChecked } from '../../options/thread-options.js'
import type { Batch } from '../../origin/batch.js'
import type { Accepted, Followed } from '../../origin/followed.js'
import type { JobOptions } from '../../origin/origin.js'
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
  /** With which it was accepted. One field for all of them: a call lives as long as its task, and there are many. */
  options: RunChecked & JobOptions = NO_RUN_OPTIONS
  /** Where it was made, if that is noted. */
  site: SubmitSite | undefined
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

  get priority(): number {
    return this.options.priority ?? 1
  }

  set priority(priority: number) {
    this.options = { ...this.options, priority }
  }

  get key(): string | undefined {
    return this.options.key
  }

  /** It settles for whoever follows it, and not by a promise of its own. */
  settleFor(followed: Followed): void {
    this.promise = followed.promise
    this.resolve = (value) => followed.succeed(value)
    this.reject = (error) => followed.fail(error)
  }

  /** If somebody follows it, its times are noted, as the core may forget them. */
  noteTimes(handle: number): void {
    const { options } = this
    if (options === NO_RUN_OPTIONS || (options.followed === undefined && options.traced === undefined)) return
    native.times(handle, this.id, this.stamp)
    this.noted(timesNow())
  }

  noted(times: Times): void {
    this.options.followed?.noted(times)
    this.options.traced?.noted(times)
  }

  /** It is accepted, and somebody traces it. */
  tellAccepted(traced: TracedTask, handle: number, pool: string): void {
    native.times(handle, this.id, this.stamp)
    traced.accepted(pool, timesNow().id)
  }

  /** It is about to fail, and not by its function. */
  endsBy(cause: Rejection | 'abort'): void {
    this.options.followed?.endsBy(cause)
    this.options.traced?.endsBy(cause)
  }

  isRunning(handle: number): boolean {
    return native.has_begun(handle, this.id, this.stamp) === 1
  }

  succeed(value: unknown): void {
    this.options.traced?.completed()
    this.resolve(value)
  }

  fail(error: unknown): void {
    this.options.traced?.failed(error)
    this.reject(error)
  }

  /** The core has turned the task away: its function was never called. */
  turnAway(error: unknown): void {
    this.fail(error)
  }

  /** Has `settle` called with what settles the call, at the time that it chooses. */
  settleBy(settle: (settled: () => void) => void): void {
    const { resolve, reject } = this
    this.resolve = (value) => settle(() => resolve(value))
    this.reject = (error) => settle(() => reject(error))
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

/** The call of a batch, by which it settles. It is made when something is to be done with it but to settle by its result. */
export class BatchCall extends Call {
  constructor(
    name: string,
    readonly batch: Batch,
    index: number,
    options: RunChecked & JobOptions,
    site: SubmitSite | undefined,
  ) {
    super(name, undefined, false)
    this.promise = batch.promise
    this.resolve = (value) => batch.completed(index, value)
    this.reject = (error) => batch.failed(error)
    this.options = options
    this.site = site
  }
}
