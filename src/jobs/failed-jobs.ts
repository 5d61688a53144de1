/** The jobs that have failed for good: what is told of them, and how they are run once more. */
import type { Job as StoredJob } from 'bullmq'

import { type KeptError, attemptsOf, lastErrorOf, recordOf, traceIdOf, wasCancelled } from './job-record.js'
import type { JobStore } from './job-store.js'

/** A job that has failed for good. Times are in ms since 1970. */
export interface FailedJob {
  id: string
  /** The name of the task. */
  task: string
  argument: unknown
  /** That of the last attempt; `stack` has at most 2,000 characters. */
  error: KeptError
  /** How many attempts were used up. */
  attempts: number
  addedAt: number
  failedAt: number
  /** The trace in which the job was added, if it was traced. */
  traceId?: string
}

/** Of a stored job that has failed. */
export function failedOf(job: StoredJob): FailedJob {
  const { dead, argument } = recordOf(job)
  const traceId = traceIdOf(job)
  return {
    id: job.id!,
    task: job.name,
    argument,
    error: dead === undefined ? lastErrorOf(job) : { name: dead.name, message: dead.message, stack: dead.stack },
    attempts: attemptsOf(job),
    addedAt: job.timestamp,
    failedAt: job.finishedOn ?? job.timestamp,
    ...(traceId !== undefined && { traceId }),
  }
}

const PAGE = 100

/** The failed jobs of a queue, the latest first. */
async function* failedIn(store: JobStore): AsyncGenerator<StoredJob, void, void> {
  for (let from = 0; ; from += PAGE) {
    store.assertOpen()
    const page = await store.queue.getFailed(from, from + PAGE - 1)
    // A job may go between the two looks that BullMQ takes.
    yield* page.filter((job) => (job as StoredJob | undefined)?.id !== undefined)
    if (page.length < PAGE) return
  }
}

/** Those of two queues in one order. */
async function* latestFirst(stores: readonly JobStore[]): AsyncGenerator<{ store: JobStore; job: StoredJob }, void> {
  const sources = stores.map((store) => ({ store, jobs: failedIn(store), next: undefined as StoredJob | undefined }))
  for (const source of sources) source.next = (await source.jobs.next()).value ?? undefined
  for (;;) {
    const latest = sources
      .filter(({ next }) => next !== undefined)
      .toSorted((a, b) => (b.next!.finishedOn ?? 0) - (a.next!.finishedOn ?? 0))[0]
    if (latest === undefined) return
    yield { store: latest.store, job: latest.next! }
    latest.next = (await latest.jobs.next()).value ?? undefined
  }
}

export async function listFailed(
  stores: readonly JobStore[],
  { offset = 0, limit = PAGE, name }: { offset?: number; limit?: number; name?: string },
): Promise<FailedJob[]> {
  const found: FailedJob[] = []
  let skipped = 0
  for await (const { job } of latestFirst(stores)) {
    if (wasCancelled(job) || (name !== undefined && job.name !== name)) continue
    if (skipped++ < offset) continue
    found.push(failedOf(job))
    if (found.length === limit) break
  }
  return found
}

/**
 * Puts a failed job back to waiting, as if it had not been tried.
 *
 * @returns whether this call has done that; several may try
 */
export async function replayOne(store: JobStore, job: StoredJob): Promise<boolean> {
  const { cancelled: _, ...record } = recordOf(job)
  await job.updateData({ ...record, stallsBefore: job.stalledCounter })
  try {
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
    return true
  } catch (error) {
    // Somebody was faster, or has removed it.
    if ((await store.stateOf(job.id!)) !== 'failed') return false
    throw error
  }
}

/** The job with this id, if it has ended. */
export async function finishedIn(store: JobStore, id: string): Promise<StoredJob[]> {
  const job = await store.find(id)
  return job?.finishedOn === undefined ? [] : [job]
}

/** All failed jobs of a queue that were there when this began, and were not cancelled. */
export async function failedNow(store: JobStore): Promise<StoredJob[]> {
  const jobs: StoredJob[] = []
  for await (const job of failedIn(store)) if (!wasCancelled(job)) jobs.push(job)
  return jobs
}
