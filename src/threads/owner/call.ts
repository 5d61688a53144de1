import { Promise } from '../../base/intrinsics.js'
import { capture, forgetCaptured, rejectOf, resolveOf } from '../../origin/captured.js'
import type { Resolve } from '../../origin/task.js'
import type { PortArgument } from './port-argument.js'

const noop = (): void => {}

/** The call of an export in a thread: a job, and once it is accepted a task, kept until its promise has settled. */
export class Call {
  /** The core's number for the task, and what tells the task from others that have the number before and after it. */
  id = -1
  stamp = 0
  /** `undefined` for `runSync`. */
  promise: Promise<unknown> | undefined
  resolve: Resolve = noop
  reject: Resolve = noop
  priority = 1
  signal: AbortSignal | undefined
  /** The argument, if no codec takes it, until the thread is known. */
  portArgument: PortArgument | undefined

  constructor(
    /** Of the export. */
    readonly name: string,
    /** Only until the call is accepted. */
    public argument: unknown,
    /** Whether `argument` is a list of arguments. */
    readonly isSpread: boolean,
  ) {}

  /** Gives the promise of the call, which is made once however many pools the call is offered to. */
  promised(): Promise<unknown> {
    if (this.promise !== undefined) return this.promise
    const promise = new Promise<unknown>(capture)
    this.resolve = resolveOf
    this.reject = rejectOf
    forgetCaptured()
    this.promise = promise
    return promise
  }
}
