import type { AsyncResource } from 'node:async_hooks'

import { AbortController } from '../base/intrinsics.js'
import type { Rejection } from '../native/abi.js'
import type { SubmitSite } from '../observe/submit-site.js'
import { native } from '../native/binding.js'
import type { TracedTask } from '../observe/traced-task.js'
import { type Times, timesNow } from './times.js'

/** What a pool runs: a function that returns its result, or a promise of it. */
export type Closure<R, T = unknown> = (context: TaskContext<R>) => T | PromiseLike<T>

/** What the function of a task is called with. */
export interface TaskContext<R> {
  /** The resource of the worker; `undefined` without `init`. It must not be used after the task has ended. */
  readonly resource: R
  /**
   * Aborts when the task is aborted or timed out, or when the signal of the pool aborts. It is made when it is first
   * read.
   */
  readonly signal: AbortSignal
}

export type Resolve = (value: unknown) => void

/** The context of one run of one task. It is made for every task, so what few tasks need is in a second object. */
export class Context<R> implements TaskContext<R> {
  readonly resource: R
  /** What is called with it, for whoever looks at the pool. */
  readonly #closure: Closure<R>
  #abortion: { controller: AbortController | undefined; isAborted: boolean; reason: unknown } | undefined

  constructor(resource: R, closure: Closure<R>) {
    this.resource = resource
    this.#closure = closure
  }

  static closureOf<R>(context: Context<R>): Closure<R> {
    return context.#closure
  }

  get signal(): AbortSignal {
    const abortion = (this.#abortion ??= { controller: undefined, isAborted: false, reason: undefined })
    if (abortion.controller === undefined) {
      abortion.controller = new AbortController()
      if (abortion.isAborted) abortion.controller.abort(abortion.reason)
    }
    return abortion.controller.signal
  }

  abort(reason: unknown): void {
    const abortion = (this.#abortion ??= { controller: undefined, isAborted: true, reason })
    abortion.isAborted = true
    abortion.reason = reason
    abortion.controller?.abort(reason)
  }
}

/**
 * A task that is more than a closure and a promise. A plain task has none of this: while 100,000 of them wait, the
 * memory that each one keeps alive costs more than the work that is done for it.
 */
export class Task<R> {
  /** The core's number for the task, once it is accepted. */
  id = -1
  /** The stamp, which tells the task from those that have this number before and after it. */
  stamp = 0
  resolve: Resolve | undefined
  reject: Resolve | undefined
  /** Is set while the task waits in a context that may differ from that of its start. */
  asyncContext: AsyncResource | undefined
  /** Is set while the closure runs. */
  context: Context<R> | undefined
  key: string | undefined
  /** Where it was submitted, if that is noted. */
  site: SubmitSite | undefined
  /** If somebody traces it. */
  traced: TracedTask | undefined
  /** The promise has been settled. If there is none, the end has been reported. */
  isSettled = false
  /** The closure runs or has run. */
  isStarted = false
  /** The closure has ended. */
  isEnded = false

  constructor(
    readonly closure: Closure<R>,
    /** `undefined` for `execute`. */
    readonly promise: Promise<unknown> | undefined,
    public priority: number,
    readonly signal: AbortSignal | undefined,
    readonly hasTimeout: boolean,
    /** Whether the core notes its times, for `TaskInfo`. */
    readonly isNoted: boolean,
  ) {}

  /** It is accepted, and somebody traces it. */
  traceBy(traced: TracedTask, handle: number, pool: string): void {
    native.times(handle, this.id, this.stamp)
    traced.accepted(pool, timesNow().id)
    this.traced = traced
  }

  /** Tells whoever has submitted it of the result, if anybody is to know. */
  succeed(value: unknown): void {
    this.traced?.completed()
    this.resolve?.(value)
  }

  /** The same of what it has failed with. */
  fail(error: unknown): void {
    this.traced?.failed(error)
    this.reject?.(error)
  }

  /** It is about to start or to end: if it belongs to others that are being aborted, so is it. */
  heed(): void {}

  /** Its closure has ended. If somebody wants to know its times, they are noted, as the core may forget them. */
  noteTimes(handle: number): void {
    if (this.traced === undefined) return
    native.times(handle, this.id, this.stamp)
    this.traced.noted(timesNow())
  }

  /** It is about to fail, and not by its closure. */
  endsBy(cause: Rejection | 'abort', times: Times): void {
    this.traced?.noted(times)
    this.traced?.endsBy(cause)
  }
}

/** A closure, as far as its name goes. */
export type Named = (...args: never[]) => unknown

/**
 * The name by which errors and `TaskInfo` call a task. The `name` of a function may be anything, even a getter that
 * throws.
 */
export function nameOf(task: string | Named): string | undefined {
  try {
    const name: unknown = typeof task === 'string' ? task : task.name
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}
