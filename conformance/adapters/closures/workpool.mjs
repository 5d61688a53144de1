import { Pool } from 'workpool'

/** @type {Record<string, string>} */
export const notOffered = {}

/**
 * @typedef {object} Options
 * @property {number} size
 * @property {number} [maxWaiting]
 * @property {'displace'} [whenFull] the newcomer takes the place of the one that has waited longest
 * @property {{ limit: number, interval: number }} [rate] most starts in an interval, ms
 * @property {number} [perKey] most of one key that run at a time
 *
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal]
 * @property {number} [timeout] ms, from the start
 * @property {number} [waitTimeout] ms, until the start
 * @property {'high' | 'normal' | 'low'} [priority]
 * @property {number} [weight] how many of the pool's slots it takes
 * @property {string} [key]
 *
 * @typedef {object} Closures
 * @property {(closure: (context: { signal: AbortSignal }) => any, options?: RunOptions) => Promise<any>} run
 * @property {(size: number) => void} [resize]
 * @property {() => Promise<unknown>} [idle] resolves when nothing waits and nothing runs
 * @property {() => void} [clear] gives up what waits
 * @property {() => void} [pause] nothing starts
 * @property {() => void} [resume]
 * @property {() => Promise<unknown>} [close] takes nothing new, runs the rest
 * @property {() => Promise<unknown>} [room] resolves when a closure would not have to wait, or would be one of few that do
 */

/** @param {Options} options @returns {Closures} */
export function open({ size, maxWaiting, whenFull, rate, perKey }) {
  const overload = whenFull === 'displace' ? 'discard-oldest' : 'reject'
  const pool = Pool.create({ size, maxBlockingTasks: maxWaiting, overload, rate, perKey })
  return {
    run: (closure, options) => pool.submit(closure, options),
    resize: (to) => pool.tune(to),
    idle: () => pool.drain(),
    clear: () => pool.clear(),
    pause: () => pool.pause(),
    resume: () => pool.resume(),
    close: () => pool.close(),
    room: () => pool.vacancy(),
  }
}
