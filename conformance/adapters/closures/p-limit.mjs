import pLimit from 'p-limit'

/** @type {Record<string, string>} */
export const notOffered = {
  signal: 'no AbortSignal',
  timeout: 'no timeout',
  'wait timeout': 'no timeout',
  priority: 'no priorities',
  bound: 'the queue has no bound',
  room: 'nothing to wait for before adding',
  idle: 'nothing tells that all is done',
  close: 'it cannot be closed',
  displace: 'the queue has no bound',
  rate: 'no rate limit',
  weight: 'no weights',
  keys: 'no keys',
  pause: 'it cannot be paused',
}

/** @param {import('./workpool.mjs').Options} options @returns {import('./workpool.mjs').Closures} */
export function open({ size }) {
  const limit = pLimit({ concurrency: size, rejectOnClear: true })
  return {
    run: (closure) => limit(closure),
    resize: (to) => {
      limit.concurrency = to
    },
    clear: () => limit.clearQueue(),
  }
}
