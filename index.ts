export { MultiPool } from './src/multi-pool.js'
export { Pool } from './src/pool.js'
export { type Run, type Tasks, ThreadPool, type With, type WithOptions } from './src/thread-pool.js'
export type { Transferable } from './src/threads/transfer.js'
export {
  NoThreadError,
  PoolClosedError,
  PoolError,
  PoolOverloadError,
  ReleaseTimeoutError,
  TaskTimeoutError,
  WaitTimeoutError,
  WorkerCrashedError,
  WorkerStartError,
} from './src/errors.js'
export type { Logger } from './src/logger.js'
export type { MultiPoolOptions } from './src/multi-pool-options.js'
export type { CloseOptions, MapOptions, PoolOptions, Resource, SubmitOptions, VacancyOptions } from './src/options.js'
export type { PoolStats } from './src/stats.js'
export type { Strategy } from './src/strategy.js'
export type { Closure, TaskContext, TaskInfo } from './src/task.js'
export type { MapRunOptions, RunOptions, ThreadOptions } from './src/thread-options.js'
