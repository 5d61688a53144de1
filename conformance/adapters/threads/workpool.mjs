import { ThreadPool } from 'workpool'
import { fixture } from './fixture.mjs'

export const module = fixture('workpool.mjs')
export const commonjs = fixture('tasks.cjs')

/** @type {Record<string, string>} */
export const notOffered = {}

/** @param {import('./fixture.mjs').Options} options @returns {import('./fixture.mjs').Threads} */
export function open({
  file = module,
  size,
  min,
  idleMs,
  maxWaiting,
  env,
  argv,
  execArgv,
  workerData,
  resourceLimits,
}) {
  const pool = ThreadPool.create({
    filename: file,
    size,
    minSize: min,
    expiry: idleMs,
    maxBlockingTasks: maxWaiting,
    env,
    argv,
    execArgv,
    workerData,
    resourceLimits,
  })
  return {
    run: (name, argument, options) => pool.run(argument, { name, ...options }),
    threads: () => pool.running,
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}
