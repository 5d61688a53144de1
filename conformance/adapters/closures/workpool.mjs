import { Pool } from 'workpool'

/** @type {Record<string, string>} */
export const notOffered = {}

/**
 * @typedef {object} Options
 * @property {number} size
 * @property {number} [maxWaiting]
 *
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal]
 * @property {number} [timeout] ms, from the start
 * @property {number} [waitTimeout] ms, until the start
 * @property {'high' | 'normal' | 'low'} [priority]
 *
 * @typedef {object} Closures
 * @property {(closure: (context: { signal: AbortSignal }) => any, options?: RunOptions) => Promise<any>} run
 * @property {(size: number) => void} [resize]
 * @property {() => Promise<unknown>} [idle] resolves when nothing waits and nothing runs
 * @property {() => void} [clear] gives up what waits
 * @property {() => Promise<unknown>} [close] takes nothing new, runs the rest
 * @property {() => Promise<unknown>} [room] resolves when a closure would not have to wait, or would be one of few that do
 */

/** @param {Options} options @returns {Closures} */
export function open({ size, maxWaiting }) {
  const pool = Pool.create({ size, maxBlockingTasks: maxWaiting })
  return {
    run: (closure, options) => pool.submit(closure, options),
    resize: (to) => pool.tune(to),
    idle: () => pool.drain(),
    clear: () => pool.release(),
    close: () => pool.close(),
    room: () => pool.vacancy(),
  }
}
