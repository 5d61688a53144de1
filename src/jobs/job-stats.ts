/** How a queue stands, and which node has which job. */
import type { JobStore } from './job-store.js'

/** A worker, in whichever process. */
export interface WorkerStats {
  /** The name of the worker: host, process and a number by chance. */
  name: string
  /** The ids of the jobs that it has. */
  jobs: string[]
}

/** How a queue stands, as the store says at that moment. */
export interface JobStats {
  queue: string
  waiting: number
  delayed: number
  running: number
  /** Those that are still kept. */
  completed: number
  /** Those that are still kept; cancelled ones are among them. */
  failed: number
  /** The workers that the store knows of, and those that have a job. A dead one has its jobs until their lease is over. */
  workers: WorkerStats[]
}

/** Both of those who wait for a place and those who wait for other jobs. */
const WAITING = ['waiting', 'prioritized', 'waiting-children'] as const
const COUNTED = [...WAITING, 'delayed', 'active', 'completed', 'failed'] as const

export async function countsOf(store: JobStore): Promise<Omit<JobStats, 'queue' | 'workers'>> {
  store.assertOpen()
  const counts = await store.queue.getJobCounts(...COUNTED)
  const of = (state: string): number => counts[state] ?? 0
  return {
    waiting: WAITING.reduce((sum, state) => sum + of(state), 0),
    delayed: of('delayed'),
    running: of('active'),
    completed: of('completed'),
    failed: of('failed'),
  }
}

/** The name of a worker is the end of the name of its connection. */
const NAMED = /:w:(.+)$/

/** @param own the workers of this process, of which some stores know nothing */
export async function workersOf(store: JobStore, own: readonly string[]): Promise<WorkerStats[]> {
  const jobs = new Map<string, string[]>(own.map((name) => [name, []]))
  for (const { rawname = '' } of await store.queue.getWorkers()) {
    const name = rawname.match(NAMED)?.[1]
    if (name !== undefined && !jobs.has(name)) jobs.set(name, [])
  }
  for (const job of await store.queue.getActive()) {
    // One that has ended between two looks has no data.
    const name = job?.processedBy
    if (name !== undefined) jobs.set(name, [...(jobs.get(name) ?? []), job.id!])
  }
  return [...jobs].map(([name, ids]) => ({ name, jobs: ids }))
}
