/** Cancels jobs: what waits is removed, and what runs is aborted by whoever runs it. */
import { recordOf } from './job-record.js'
import type { JobStore } from './job-store.js'

/**
 * What `cancel` has done.
 *
 * - `removed`: the job waited, and is gone.
 * - `signalled`: it runs, and whoever runs it has been told. It may still complete, if it is faster.
 * - `finished`: it had ended.
 * - `unknown`: the store does not have it.
 */
export type CancelOutcome = 'removed' | 'signalled' | 'finished' | 'unknown'

const hasEnded = (state: string): boolean => state === 'completed' || state === 'failed'

export async function cancel(store: JobStore, id: string, reason: string | undefined): Promise<CancelOutcome> {
  const job = await store.find(id)
  if (job === undefined) return 'unknown'
  if (hasEnded(await store.stateOf(id))) return 'finished'
  const why = reason === undefined ? {} : { reason }
  // First: whoever takes the job from now on sees that it is cancelled. So what waits after this has not begun, and
  // nothing that runs is removed.
  await job.updateData({ ...recordOf(job), cancelled: why })
  const state = await store.stateOf(id)
  if (hasEnded(state)) return 'finished'
  await store.events.publish({ event: 'cancel', jobId: id, ...why })
  if (state === 'running') return 'signalled'
  if (state === 'unknown') return 'unknown'
  if ((await store.queue.remove(id)) !== 1) return 'signalled'
  await store.events.publish({ event: 'cancelled', jobId: id, ...why })
  return 'removed'
}
