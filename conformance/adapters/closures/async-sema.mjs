import { Sema } from 'async-sema'

/** @type {Record<string, string>} */
export const notOffered = {
  resize: 'the number of tokens is fixed',
  signal: 'no AbortSignal',
  timeout: 'no timeout',
  'wait timeout': 'no timeout',
  priority: 'no priorities',
  bound: 'no bound for those who wait',
  room: 'nothing to wait for but a token',
  clear: 'those who wait cannot be given up',
  close: 'it cannot be closed',
}

/** @param {import('./workpool.mjs').Options} options @returns {import('./workpool.mjs').Closures} */
export function open({ size }) {
  const sema = new Sema(size)
  return {
    run: async (closure) => {
      const token = await sema.acquire()
      try {
        return await closure(/** @type {any} */ (undefined))
      } finally {
        sema.release(token)
      }
    },
    idle: async () => {
      const tokens = await sema.drain()
      for (const token of tokens) sema.release(token)
    },
  }
}
