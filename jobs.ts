export type { CancelOutcome } from './src/jobs/cancel.js'
export type { FailedJob } from './src/jobs/failed-jobs.js'
export { JobCancelledError, JobFailedError, JobLostError } from './src/jobs/job-errors.js'
export type {
  Backoff,
  JobDefaults,
  JobOptions,
  JobTelemetry,
  JobsOptions,
  Keep,
  ResultOptions,
  WorkOptions,
} from './src/jobs/job-options.js'
export type { KeptError } from './src/jobs/job-record.js'
export type { JobStats, WorkerStats } from './src/jobs/job-stats.js'
export type { JobState } from './src/jobs/job-store.js'
export type { Job } from './src/jobs/job.js'
export type { JobThreads, JobWorker } from './src/jobs/job-worker.js'
export { type JobEvents, Jobs, type NewJob } from './src/jobs/jobs.js'
