/**
 * What this code takes from the platform, as it was when this code was loaded. Test runners replace timers, and
 * libraries replace `Promise`; the scheduling of this package must not follow them. Nothing else in `src` may use these
 * globals.
 *
 * Timers come from `node:timers`, because the globals of a test environment may be those of another platform: a browser
 * has no `setImmediate`, and its `setTimeout` returns a number. If an environment lacks a global, the one of the main
 * context is taken.
 */
import * as timers from 'node:timers'

import * as socketTimers from './socket-timers.js'

/**
 * Whether a function that schedules is the platform's own, and not one that a library has put in its place before this
 * code was loaded. Functions of sinon, Jest and Vitest have a clock, those of `node:test` are bound. They may never
 * call back, even after they have been removed.
 */
const isReal = (schedule: unknown): boolean =>
  typeof schedule === 'function' && !Object.hasOwn(schedule, 'clock') && !schedule.name.startsWith('bound ')

const hasRealTimers = isReal(timers.setTimeout) && isReal(timers.setImmediate)

export const { setImmediate, setTimeout, clearTimeout } = hasRealTimers
  ? timers
  : (socketTimers as unknown as typeof timers)

/**
 * The object itself, because it makes much of what it has only when that is first asked for. The module takes time to load, so it is
 * asked only where an environment has no such global, or another one.
 */
export const process: NodeJS.Process =
  typeof globalThis.process?.dlopen === 'function' ? globalThis.process : (require('node:process') as NodeJS.Process)

function clock(): () => number {
  const { hrtime } = process
  if (isReal(hrtime)) {
    return () => {
      const [seconds, nanoseconds] = hrtime()
      return seconds * 1e3 + nanoseconds / 1e6
    }
  }
  // Seldom needed, and much to load.
  const { performance } = require('node:perf_hooks') as typeof import('node:perf_hooks')
  const { now } = performance
  return () => now.call(performance)
}

/** Milliseconds since a fixed moment. */
export const monotonicNow: () => number = clock()

/** Async functions return the platform's promise, whatever is called `Promise` by now. */
const prototype = Object.getPrototypeOf((async () => {})()) as Promise<unknown>

/** The one of the platform, even if a library has replaced the global before. */
const NativePromise =
  ([prototype.constructor, Promise] as PromiseConstructor[]).find(
    (constructor) => constructor?.prototype === prototype,
  ) ?? Promise
export { NativePromise as Promise }

type Handler = (value: never) => unknown
type Then = <T>(
  this: Promise<T>,
  onFulfilled?: ((value: T) => unknown) | null,
  onRejected?: (error: unknown) => unknown,
) => Promise<unknown>

/** Whether this function is the platform's own. */
function isOfPlatform(f: unknown, name: string): boolean {
  if (typeof f !== 'function') return false
  const text = Function.prototype.toString.call(f)
  return text.startsWith(`function ${name}()`) && text.includes('[native code]')
}

/** Attaches handlers as `then` does, if `then` has been replaced: `await` is the platform's own. */
async function thenByAwait(
  this: Promise<unknown>,
  onFulfilled?: Handler | null,
  onRejected?: Handler,
): Promise<unknown> {
  let value: unknown
  try {
    value = await this
  } catch (error) {
    if (onRejected === undefined) throw error
    return onRejected(error as never)
  }
  return onFulfilled ? onFulfilled(value as never) : value
}

/** For promises of the platform; `follow` is for whatever a user has made. */
// oxlint-disable-next-line unicorn/no-thenable -- nobody awaits this module
export const then: Then = isOfPlatform(prototype.then, 'then') ? (prototype.then as Then) : (thenByAwait as Then)

const { resolve, reject } = NativePromise
const mayResolve = isOfPlatform(resolve, 'resolve')
const mayReject = isOfPlatform(reject, 'reject')

const adopt = <T>(value: T | PromiseLike<T>): Promise<T> => new NativePromise((settle) => settle(value))

/** `Promise.resolve`, but never throws. */
export function resolvedPromise<T>(value: T): Promise<T> {
  if (!mayResolve) return adopt(value)
  try {
    return resolve.call(NativePromise, value) as Promise<T>
  } catch {
    // A promise that does not name its constructor.
    return adopt(value)
  }
}

/** `Promise.reject`. */
export function rejectedPromise(error: unknown): Promise<never> {
  if (!mayReject) return new NativePromise<never>((_, settle) => settle(error))
  return reject.call(NativePromise, error) as Promise<never>
}

const { Date: NativeDate, Map: NativeMap, Set: NativeSet } = globalThis
export { NativeDate as Date, NativeMap as Map, NativeSet as Set }

const resolved = resolvedPromise(undefined)

/**
 * A promise that rejects a little later. It is for places where the stack may end: what Node does about a rejection
 * takes some of the stack, and so would a function in between.
 */
export const rejectedLater = (error: unknown): Promise<never> =>
  then.call(resolved, () => {
    throw error
  }) as Promise<never>

const enqueue = globalThis.queueMicrotask

/**
 * Calls `callback` as a microtask. Costs more than `then` of a resolved promise, but what it throws is an uncaught
 * exception.
 */
export const queueMicrotask: (callback: () => void) => void = isReal(enqueue)
  ? enqueue
  : (callback) => void then.call(resolved, callback)

const NativeError = Error

/**
 * Calls `make`, which makes an error, so that the error has no stack frames. Frames cost a hundred times what the rest
 * costs, and say nothing about tasks that are settled in bulk. If errors cannot be told to go without, because
 * intrinsics are frozen, it has them.
 */
export function withoutFrames<E extends Error>(make: () => E): E {
  const limit = NativeError.stackTraceLimit
  if (typeof limit !== 'number' || !Reflect.set(NativeError, 'stackTraceLimit', 0)) return make()
  try {
    return make()
  } finally {
    NativeError.stackTraceLimit = limit
  }
}

type Globals = typeof globalThis

function globalOf<Name extends keyof Globals>(name: Name): Globals[Name] {
  if (globalThis[name] != null) return globalThis[name]
  // This is seldom needed, so it is not loaded with everything else.
  const vm = require('node:vm') as typeof import('node:vm')
  return vm.runInThisContext(`globalThis.${name}`) as Globals[Name]
}

export const AbortController = globalOf('AbortController')
export type AbortController = InstanceType<typeof AbortController>
export const DOMException = globalOf('DOMException')
export type DOMException = InstanceType<typeof DOMException>
export const structuredClone = globalOf('structuredClone')
