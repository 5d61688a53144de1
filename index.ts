export type { AnyPool, PoolKind } from './src/pool/any-pool.js'
export { MultiPool } from './src/pool/multi-pool.js'
export { NativePool } from './src/pool/native-pool.js'
export { Pool } from './src/pool/pool.js'
export { pools } from './src/pool/pools.js'
export { ThreadPool } from './src/pool/thread-pool.js'
export type { FutureOf, GroupOf, MultiGroup } from './src/pool/multi-types.js'
export type { GroupRun, Run, Tasks } from './src/pool/module-types.js'
export type { CarefulPool, CarefulThreads, PoolWith, With } from './src/pool/view-types.js'
export { isRetryable } from './src/policy/retryable.js'
export type { DeadLetterOptions, DeadLetters, Fallback, Policy, PolicyOptions } from './src/options/policy-options.js'
export type { Transferable } from './src/base/transferable.js'
export {
  NoThreadError,
  type OverloadReason,
  PoolClearedError,
  PoolClosedError,
  PoolError,
  type PoolErrorCode,
  PoolOverloadError,
  PoolUnsupportedError,
  ReleaseTimeoutError,
  TaskTimeoutError,
  WaitTimeoutError,
  WorkerCrashedError,
  WorkerStartError,
} from './src/base/errors.js'
export type { Future, RefusalInfo } from './src/future/future.js'
export type { Group, ThreadGroup } from './src/group/group.js'
export type { Outcome } from './src/group/outcome.js'
export type { ChannelMessages, RefusalReason, RefusedTask, TaskOutcome } from './src/observe/channels.js'
export type { TaskMessage } from './src/observe/task-channels.js'
export type { TaskState } from './src/origin/followed.js'
export { GroupTimeoutError, ResultTimeoutError } from './src/base/result-errors.js'
export type { Logger } from './src/base/logger.js'
export type { MultiPoolOptions } from './src/options/multi-pool-options.js'
export type {
  CloseOptions,
  GetOptions,
  LeaseOptions,
  MapOptions,
  PoolOptions,
  SubmitOptions,
  VacancyOptions,
} from './src/options/options.js'
export type { Carrier } from './src/options/carry-options.js'
export { carryStorage } from './src/options/carry-storage.js'
export type { GroupMode, GroupOptions, GroupRunOptions, GroupSubmitOptions } from './src/options/group-options.js'
export type { MeasureOptions } from './src/options/measure-options.js'
export type { NativeJobOptions, NativeOptions } from './src/options/native-options.js'
export type { NativeTicket } from './src/addons/ticket.js'
export type { LiveOptions } from './src/options/live-options.js'
export type { Resource } from './src/options/resource-options.js'
export type { PoolStats } from './src/native/pool-stats.js'
export type { Histogram } from './src/observe/histogram.js'
export type { HistogramSummary } from './src/base/histogram-summary.js'
export type { SchedulingOptions } from './src/options/scheduling-options.js'
export type { Strategy } from './src/options/strategy.js'
export type { InspectedTask, InspectedWorker, PoolInspection } from './src/observe/seen.js'
export type { ObservingOptions } from './src/options/observing-options.js'
export type { Report, ReportOptions } from './src/options/report-options.js'
export type { PoolSummary } from './src/pool/inspection.js'
export type { Lease } from './src/origin/lease.js'
export type { Closure, TaskContext } from './src/origin/task.js'
export type { TaskInfo } from './src/options/task-info.js'
export type {
  MapRunOptions,
  RunAllOptions,
  RunOptions,
  StreamOptions,
  ThreadOptions,
  WithOptions,
} from './src/options/thread-options.js'
export type { BroadcastOptions } from './src/options/broadcast-options.js'
export type { ProfileOptions } from './src/options/profile-options.js'
export type { ThreadProfile } from './src/threads/inspect/profiles.js'
export type { StackTask } from './src/threads/inspect/occupations.js'
export type { ThreadStack } from './src/threads/inspect/stacks.js'
