/**
 * What this code takes of the platform, as it was when this code was loaded. Test runners replace timers, libraries replace
 * `Promise`; our own scheduling must not follow them. Nothing else in `src` may use these globals.
 *
 * Timers come from `node:timers`, as the globals of a test environment may be another platform's: a browser's have no
 * `setImmediate`, and its `setTimeout` gives a number. A global that an environment lacks is that of the main context.
 */
import * as perfHooks from 'node:perf_hooks'
import * as timers from 'node:timers'
import * as vm from 'node:vm'

import * as socketTimers from './socket-timers.js'

/**
 * Whether a function that schedules is none that a library has put in its place before we were loaded. Those of sinon, Jest and
 * Vitest have a clock, those of `node:test` are bound. They may never call, also after they have been taken away again.
 */
const isReal = (schedule: unknown): boolean =>
  typeof schedule === 'function' && !Object.hasOwn(schedule, 'clock') && !schedule.name.startsWith('bound ')

const hasRealTimers = isReal(timers.setTimeout) && isReal(timers.setImmediate)

export const { setImmediate, setTimeout, clearTimeout } = hasRealTimers ? timers : (socketTimers as unknown as typeof timers)

const { performance } = perfHooks
const { now } = performance

/** Milliseconds since a fixed moment. */
export const monotonicNow = (): number => now.call(performance)

const NativePromise = Promise
export { NativePromise as Promise }

export const { then } = Promise.prototype

const { Date: NativeDate, Map: NativeMap, Set: NativeSet } = globalThis
export { NativeDate as Date, NativeMap as Map, NativeSet as Set }

const enqueue = globalThis.queueMicrotask
const resolved = Promise.resolve()

/** Calls `callback` as a microtask. Costs more than `then` of a resolved promise, but what it throws is an uncaught exception. */
export const queueMicrotask: (callback: () => void) => void = isReal(enqueue)
  ? enqueue
  : (callback) => void then.call(resolved, callback)

type Globals = typeof globalThis

const globalOf = <Name extends keyof Globals>(name: Name): Globals[Name] =>
  globalThis[name] ?? (vm.runInThisContext(`globalThis.${name}`) as Globals[Name])

export const AbortController = globalOf('AbortController')
export type AbortController = InstanceType<typeof AbortController>
export const DOMException = globalOf('DOMException')
export type DOMException = InstanceType<typeof DOMException>
export const structuredClone = globalOf('structuredClone')
/** The object itself: it makes much of what it has when that is first asked for. */
export const process = require('node:process') as NodeJS.Process
