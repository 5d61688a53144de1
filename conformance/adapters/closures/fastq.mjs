import fastq from 'fastq'

/** @type {Record<string, string>} */
export const notOffered = {
  signal: 'no AbortSignal',
  timeout: 'no timeout',
  'wait timeout': 'no timeout',
  priority: 'no priorities but `unshift`',
  bound: 'the queue has no bound',
  room: 'nothing to wait for before adding',
  close: 'it cannot be closed',
  displace: 'the queue has no bound',
  rate: 'no rate limit',
  weight: 'no weights',
  keys: 'no keys',
}

/** @param {import('./workpool.mjs').Options} options @returns {import('./workpool.mjs').Closures} */
export function open({ size }) {
  const queue = fastq.promise(async (closure) => closure(), size)
  return {
    run: (closure) => queue.push(closure),
    resize: (to) => {
      queue.concurrency = to
    },
    idle: () => queue.drained(),
    clear: () => queue.abort(),
    pause: () => queue.pause(),
    resume: () => queue.resume(),
  }
}
