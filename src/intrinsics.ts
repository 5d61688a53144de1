/**
 * What this code takes of the platform, as it was when this code was loaded. Test runners replace timers, libraries replace
 * `Promise`; our own scheduling must not follow them. Nothing else in `src` may use these globals.
 *
 * Timers come from `node:timers`, as the globals of a test environment may be another platform's: a browser's have no
 * `setImmediate`, and its `setTimeout` gives a number.
 */
import * as perfHooks from 'node:perf_hooks'
import * as timers from 'node:timers'

export const { setImmediate, setTimeout, clearTimeout } = timers

const { performance } = perfHooks
const { now } = performance

/** Milliseconds since a fixed moment. */
export const monotonicNow = (): number => now.call(performance)

const NativePromise = Promise
export { NativePromise as Promise }

export const { then } = Promise.prototype

const enqueue = globalThis.queueMicrotask
const resolved = Promise.resolve()

/** Calls `callback` as a microtask. Costs more than `then` of a resolved promise, but what it throws is an uncaught exception. */
export const queueMicrotask: (callback: () => void) => void =
  typeof enqueue === 'function' ? enqueue : (callback) => void then.call(resolved, callback)
