import Bottleneck from 'bottleneck'

const PRIORITIES = { high: 4, normal: 5, low: 6 }

/** It is asked about scheduling only: its jobs wait for timers, longer than other lists have patience. @type {Record<string, string>} */
export const notOffered = {
  clear: '`stop` gives up what waits, and closes it for good',
  pause: 'it cannot be paused',
}

/** @param {import('./workpool.mjs').Options} options @returns {import('./workpool.mjs').Closures} */
export function open({ size, maxWaiting = null, whenFull, rate, perKey }) {
  const { LEAK, OVERFLOW } = Bottleneck.strategy
  const limiter = new Bottleneck({
    maxConcurrent: size,
    highWater: maxWaiting,
    strategy: whenFull === 'displace' ? LEAK : OVERFLOW,
    ...(rate && {
      reservoir: rate.limit,
      reservoirRefreshAmount: rate.limit,
      reservoirRefreshInterval: rate.interval,
    }),
  })
  const group = new Bottleneck.Group({ maxConcurrent: perKey ?? null })
  group.on('created', (own) => own.chain(limiter))
  return {
    run: (closure, { priority = 'normal', weight = 1, key } = {}) =>
      (key === undefined ? limiter : group.key(key)).schedule({ priority: PRIORITIES[priority], weight }, async () =>
        closure(/** @type {any} */ (undefined)),
      ),
  }
}
