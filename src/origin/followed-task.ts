import { native } from '../native/binding.js'
import type { Rejection } from '../native/abi.js'
import type { Accepted, Followed } from './followed.js'
import { type Closure, Task } from './task.js'
import { type Times, timesNow } from './times.js'

/** The task of a closure that somebody follows, who has its promise. */
export class FollowedTask<R> extends Task<R> implements Accepted {
  readonly #followed: Followed

  constructor(
    followed: Followed,
    closure: Closure<R>,
    priority: number,
    signal: AbortSignal | undefined,
    hasTimeout: boolean,
  ) {
    super(closure, followed.promise, priority, signal, hasTimeout, true)
    this.#followed = followed
  }

  override succeed(value: unknown): void {
    this.traced?.completed()
    this.#followed.succeed(value)
  }

  override fail(error: unknown): void {
    this.traced?.failed(error)
    this.#followed.fail(error)
  }

  override heed(): void {
    this.#followed.heed()
  }

  override noteTimes(handle: number): void {
    native.times(handle, this.id, this.stamp)
    const times = timesNow()
    this.traced?.noted(times)
    this.#followed.noted(times)
  }

  override endsBy(cause: Rejection | 'abort', times: Times): void {
    super.endsBy(cause, times)
    this.#followed.noted(times)
    this.#followed.endsBy(cause)
  }

  isRunning(): boolean {
    return this.isStarted
  }
}
