import PQueue from 'p-queue'

const PRIORITIES = { high: 2, normal: 1, low: 0 }

/** @type {Record<string, string>} */
export const notOffered = {
  'wait timeout': 'the timeout counts from the start only',
  bound: 'the queue has no bound; `onSizeLessThan` is to be awaited',
  clear: 'documented: promises of what `clear()` removes never settle',
  close: 'it cannot be closed',
  displace: 'the queue has no bound',
  weight: 'no weights',
  keys: 'no keys',
}

/** @param {import('./workpool.mjs').Options} options @returns {import('./workpool.mjs').Closures} */
export function open({ size, rate }) {
  // `strict` is what its documentation advises where a limit must hold in every window.
  const limit = rate && { intervalCap: rate.limit, interval: rate.interval, strict: true }
  const queue = new PQueue({ concurrency: size, ...limit })
  return {
    run: (closure, { priority = 'normal', signal, timeout } = {}) =>
      queue.add(closure, {
        priority: PRIORITIES[priority],
        ...(signal && { signal }),
        ...(timeout !== undefined && { timeout }),
      }),
    resize: (to) => {
      queue.concurrency = to
    },
    idle: () => queue.onIdle(),
    room: () => queue.onSizeLessThan(1),
    pause: () => queue.pause(),
    resume: () => void queue.start(),
  }
}
