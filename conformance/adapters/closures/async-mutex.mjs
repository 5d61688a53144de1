import { Semaphore } from 'async-mutex'

const PRIORITIES = { high: 2, normal: 1, low: 0 }

/** It is asked about scheduling only. @type {Record<string, string>} */
export const notOffered = {
  displace: 'no bound for those who wait',
  rate: 'no rate limit',
  keys: 'no keys',
  pause: 'it cannot be paused',
}

/** @param {import('./workpool.mjs').Options} options @returns {import('./workpool.mjs').Closures} */
export function open({ size }) {
  const semaphore = new Semaphore(size)
  return {
    run: (closure, { priority = 'normal', weight = 1 } = {}) =>
      semaphore.runExclusive(/** @type {any} */ (closure), weight, PRIORITIES[priority]),
    clear: () => semaphore.cancel(),
  }
}
