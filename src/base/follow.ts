import { needHeadroom } from './headroom.js'
import { Promise, rejectedLater, then } from './intrinsics.js'

/**
 * Calls one of the two, once and not before this has returned, when `value` has settled; what is no promise counts as fulfilled. It
 * may be anything that a user has made: a thenable that calls back twice, at once, or throws then; a promise whose `constructor`,
 * species or `then` is its own. Never throws itself.
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
    // Nothing is attached: a promise throws before, if at all.
  }
  void followByAwait(value, onFulfilled, onRejected)
}

/** The language's own way, which asks for nothing but `constructor` and `then`: what it awaits settles once. */
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
 * Calls an async function as another one would; what it throws rejects. Written as one, a method would hold its pool until it has
 * settled, and a pool that nobody references is to be let go of.
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

/** A failure of this promise is known to somebody: it is no `unhandledRejection`. */
export function markHandled(promise: Promise<unknown>): void {
  follow(promise, noop, noop)
}

/** Resolved with it, a promise rejects with the error. As with a rejected promise, but nobody's `then` is called. */
export class Failed {
  constructor(private readonly error: unknown) {}

  // oxlint-disable-next-line unicorn/no-thenable -- it is made to be one
  then(_: unknown, reject: (error: unknown) => void): void {
    reject(this.error)
  }
}

/** Resolved with it, a promise settles as this one of ours does. */
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
