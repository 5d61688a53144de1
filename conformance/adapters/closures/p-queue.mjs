import PQueue from 'p-queue'

const PRIORITIES = { high: 2, normal: 1, low: 0 }

/** @type {Record<string, string>} */
export const notOffered = {
  'wait timeout': 'the timeout counts from the start only',
  bound: 'the queue has no bound; `onSizeLessThan` is to be awaited',
  clear: 'documented: promises of what `clear()` removes never settle',
  close: 'it cannot be closed',
}

/** @param {import('./workpool.mjs').Options} options @returns {import('./workpool.mjs').Closures} */
export function open({ size }) {
  const queue = new PQueue({ concurrency: size })
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
  }
}
