import { DynamicThreadPool, FixedThreadPool } from 'poolifier'
import { fixture } from './fixture.mjs'

export const module = fixture('poolifier.mjs')
export const commonjs = fixture('poolifier.cjs')

/** @type {Record<string, string>} */
export const notOffered = {
  'file url': 'the worker file is a path',
  'transfer out': 'no transfer list for results',
  bound: 'a long queue is flagged (`backPressure`), never refused',
  timeout: 'no timeout per task',
  'close runs running': '`destroy` waits for queued tasks (`tasksFinishedTimeout`); of running ones nothing is said',
  'in threads': 'a pool of threads cannot be made in a thread',
  unref: 'idle threads keep the process up until `destroy`',
}

/** @param {import('./fixture.mjs').Options} options @returns {import('./fixture.mjs').Threads} */
export function open({
  file = module,
  size,
  min = 1,
  idleMs,
  maxWaiting: _1,
  strictFifo: _2,
  liveLoop: _3,
  workerData,
  ...worker
}) {
  const options = {
    // Without it a thread is sent every task at once: no limit, no order.
    enableTasksQueue: true,
    errorHandler: () => {},
    // The time an idle thread stays is told to the worker file.
    workerOptions: { ...worker, workerData: idleMs === undefined ? workerData : { idleMs } },
  }
  const pool =
    min < size
      ? new DynamicThreadPool(min, size, String(file), options)
      : new FixedThreadPool(size, String(file), options)
  // Errors outside of tasks are reported here.
  pool.emitter?.on('error', () => {})
  return {
    // Priorities belong to functions: the worker file has every function under three names.
    run: (name, argument, { transfer, signal, priority } = {}) =>
      pool.execute(argument, priority && priority !== 'normal' ? `${name}, ${priority}` : name, signal, transfer),
    threads: () => pool.info.workerNodes,
    close: () => pool.destroy(),
    destroy: () => pool.destroy(),
  }
}
