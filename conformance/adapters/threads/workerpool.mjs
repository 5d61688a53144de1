import workerpool from 'workerpool'
import { fixture } from './fixture.mjs'

export const module = fixture('workerpool.mjs')
export const commonjs = fixture('workerpool.cjs')

/** @type {Record<string, string>} */
export const notOffered = {
  default: 'functions are registered by name',
  'file url': 'the script is a path',
  shrink: 'idle workers stay',
  priority: 'no priority per call without a queue of one’s own',
  signal: 'no AbortSignal; `promise.cancel()` stands in where a task is cancelled',
  reason: 'no AbortSignal',
  'close runs waiting': 'documented: `terminate()` rejects waiting tasks',
  'stays closed': 'nothing is said of a pool after `terminate`',
  unref: 'idle workers keep the process up until `terminate`',
}

/** @param {import('./fixture.mjs').Options} options @returns {import('./fixture.mjs').Threads} */
export function open({ file = module, size, min, idleMs: _1, maxWaiting, strictFifo: _2, liveLoop: _3, ...worker }) {
  const pool = workerpool.pool(String(file), {
    workerType: 'thread',
    maxWorkers: size,
    ...(min !== undefined && { minWorkers: min }),
    ...(maxWaiting !== undefined && { maxQueueSize: maxWaiting }),
    workerThreadOpts: worker,
  })
  return {
    // async: a queue that is full throws at once.
    run: async (name, argument, { transfer, signal, timeout } = {}) => {
      const promise = pool.exec(name, [argument], transfer && { transfer })
      if (timeout !== undefined) promise.timeout(timeout)
      // No value: an event target would take a promise for a listener of its own that failed.
      signal?.addEventListener('abort', () => void promise.cancel(), { once: true })
      return promise
    },
    threads: () => pool.stats().totalWorkers,
    close: async () => pool.terminate(false),
    destroy: async () => pool.terminate(true),
  }
}
