import { needHeadroom } from './headroom.js'
import { Promise, rejectedLater, then } from './intrinsics.js'

/**
 * Calls one of the two functions when `value` has settled: once, and not before this call has returned. A value that is
 * no promise counts as fulfilled. `value` may be anything that a user has made: a thenable that calls back twice or at
 * once, or that throws; a promise with a `constructor`, species or `then` of its own. This function never throws.
 */
export function follow<T>(
  value: PromiseLike<T>,
  onFulfilled: (value: T) => void,
  onRejected: (error: unknown) => void,
): void {
  try {
    if ((value as Promise<T>).constructor === Promise) {
      then.call(value as Promise<never>, onFulfilled as (value: unknown) => void, onRejected)
      return
    }
  } catch {
    // If a promise throws at all, it throws before anything is attached to it.
  }
  void followByAwait(value, onFulfilled, onRejected)
}

/** The language's own way: it asks for `constructor` and `then` only, and what it awaits settles once. */
async function followByAwait<T>(
  value: PromiseLike<T>,
  onFulfilled: (value: T) => void,
  onRejected: (error: unknown) => void,
): Promise<void> {
  let result: T
  try {
    result = await value
  } catch (error) {
    // A `constructor` that cannot be read throws at once.
    await undefined
    onRejected(error)
    return
  }
  onFulfilled(result)
}

/**
 * Calls a function as an async function would: what it throws rejects. If the method itself were async, it would hold
 * its pool until it has settled. But a pool that nobody references is to be collected.
 */
export function settling(call: () => Promise<void>): Promise<void> {
  try {
    needHeadroom()
  } catch (error) {
    return rejectedLater(error)
  }
  return settlingHere(call)
}

async function settlingHere(call: () => Promise<void>): Promise<void> {
  await call()
}

const noop = (): void => {}

/** Somebody knows of a failure of this promise, so it is no `unhandledRejection`. */
export function markHandled(promise: Promise<unknown>): void {
  follow(promise, noop, noop)
}

/**
 * A promise that is resolved with this value rejects with the error, as it would with a rejected promise. But nobody's
 * replaced `then` is called.
 */
export class Failed {
  constructor(private readonly error: unknown) {}

  // oxlint-disable-next-line unicorn/no-thenable -- it is made to be one
  then(_: unknown, reject: (error: unknown) => void): void {
    reject(this.error)
  }
}

/** A promise that is resolved with this value settles as the given promise does. */
export class Followed {
  constructor(private readonly promise: Promise<unknown>) {}

  // oxlint-disable-next-line unicorn/no-thenable -- it is made to be one
  then(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    follow(this.promise, resolve, reject)
  }
}

/** Whether `value` is to be waited for. May throw, as `then` may be a getter. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return false
  return typeof (value as { then?: unknown }).then === 'function'
}
