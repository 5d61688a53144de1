import { Piscina } from 'piscina'
import { fixture } from './fixture.mjs'

export const module = fixture('piscina.mjs')
export const commonjs = fixture('tasks.cjs')

/** @type {Record<string, string>} */
export const notOffered = {
  priority: 'no priority per call without a task queue of one’s own',
  timeout: 'no timeout per task; a signal counts waiting, too',
  'stays closed': 'a closed pool may be used again, by design (piscina #512)',
  'timers by default': 'documented: threads pause between tasks unless `atomics` is async or disabled',
}

/** @param {import('./fixture.mjs').Options} options @returns {import('./fixture.mjs').Threads} */
export function open({ file = module, size, min = 1, idleMs = 60_000, maxWaiting, strictFifo, liveLoop, ...worker }) {
  const pool = new Piscina({
    filename: file instanceof URL ? file.href : file,
    minThreads: min,
    maxThreads: size,
    idleTimeout: idleMs,
    ...(maxWaiting !== undefined && { maxQueue: maxWaiting }),
    ...(strictFifo && { stricterFIFO: true }),
    ...(liveLoop && { atomics: 'async' }),
    ...worker,
  })
  // Errors outside of tasks are reported here.
  pool.on('error', () => {})
  return {
    run: (name, argument, { transfer, signal } = {}) =>
      pool.run(argument, {
        ...(name && { name }),
        ...(signal && { signal }),
        ...(transfer && { transferList: transfer }),
      }),
    threads: () => pool.threads.length,
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}
