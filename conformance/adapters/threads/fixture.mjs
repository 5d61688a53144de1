/** The small common face that every library is given, with its own idioms behind it. */
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Options
 * @property {string | URL} [file] the task module; default: the library's own with every task
 * @property {number} size most threads
 * @property {number} [min] threads that stay
 * @property {number} [idleMs] how long an idle thread above `min` stays
 * @property {number} [maxWaiting]
 * @property {boolean} [strictFifo] order matters: whatever setting the library has for it is on
 * @property {boolean} [liveLoop] timers of idle threads matter: the same
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string[]} [argv]
 * @property {string[]} [execArgv]
 * @property {unknown} [workerData]
 * @property {import('node:worker_threads').ResourceLimits} [resourceLimits]
 *
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal]
 * @property {number} [timeout] ms
 * @property {'high' | 'normal' | 'low'} [priority]
 * @property {any[]} [transfer]
 *
 * @typedef {object} Threads
 * @property {(name: string | undefined, argument?: unknown, options?: RunOptions) => Promise<any>} run without a name: the default export
 * @property {() => number} threads
 * @property {() => Promise<unknown>} [close] gracefully
 * @property {() => Promise<unknown>} destroy now
 */

/** @param {string} name */
export const fixture = (name) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))
