import { Tinypool } from 'tinypool'
import { fixture } from './fixture.mjs'

export const module = fixture('tinypool.mjs')
export const commonjs = fixture('tasks.cjs')

/** @type {Record<string, string>} */
export const notOffered = {
  priority: 'no priority per call without a task queue of one’s own',
  timeout: 'no timeout per task; a signal counts waiting, too',
  reason: 'nothing is said of the reason of an abort',
  close: 'no graceful close, only `destroy`',
  'close runs waiting': 'no graceful close, only `destroy`',
  'stays closed': 'nothing is said of a pool after `destroy`',
  'timers by default': 'threads pause between tasks unless `useAtomics` is false, as in piscina',
}

/** @param {import('./fixture.mjs').Options} options @returns {import('./fixture.mjs').Threads} */
export function open({
  file = module,
  size,
  min = 1,
  idleMs = 60_000,
  maxWaiting,
  strictFifo: _1,
  liveLoop,
  ...worker
}) {
  const pool = new Tinypool({
    filename: file,
    minThreads: min,
    maxThreads: size,
    idleTimeout: idleMs,
    ...(maxWaiting !== undefined && { maxQueue: maxWaiting }),
    ...(liveLoop && { useAtomics: false }),
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
    destroy: () => pool.destroy(),
  }
}
