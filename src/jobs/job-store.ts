/** The queue in its home, and everything that is asked of it. */
import type { Job as StoredJob, JobsOptions as StoredOptions, Queue, QueueEvents, Telemetry, Worker } from 'bullmq'

import { Promise } from '../base/intrinsics.js'
import { PoolClosedError } from '../base/errors.js'
import { EventStream } from './event-stream.js'
import type { Home } from './home/home.js'
import { openHome } from './home/open-home.js'
import { peer } from './home/peer.js'
import type { JobTerms, OpenSettings } from './job-options.js'
import { type KeptError, lastErrorOf, recordOf, wasCancelled } from './job-record.js'

type Bullmq = typeof import('bullmq')

/**
 * What a job is doing. `unknown`: the store does not have it, as it was removed or is not kept any longer.
 */
export type JobState = 'waiting' | 'delayed' | 'running' | 'completed' | 'failed' | 'cancelled' | 'unknown'

/** How a job stands, with what has come of it. */
export type Standing =
  | { readonly state: 'waiting' | 'delayed' | 'running' | 'unknown' }
  | { readonly state: 'completed'; readonly value: unknown }
  | { readonly state: 'failed'; readonly job: StoredJob; readonly error: KeptError }
  | { readonly state: 'cancelled'; readonly reason: string | undefined }

const STATES: Readonly<Record<string, 'waiting' | 'delayed' | 'running'>> = {
  waiting: 'waiting',
  prioritized: 'waiting',
  'waiting-children': 'waiting',
  delayed: 'delayed',
  active: 'running',
}

/** The last attempts whose stacks are kept of a job. */
const MOST_STACKS = 10

export class JobStore {
  readonly name: string
  readonly settings: OpenSettings
  readonly home: Home
  readonly bullmq: Bullmq
  readonly queue: Queue
  readonly events: EventStream
  /** Where errors go that no promise carries. */
  report: (error: unknown) => void
  #isClosed = false

  private constructor(bullmq: Bullmq, home: Home, settings: OpenSettings, name: string) {
    this.name = name
    this.settings = settings
    this.home = home
    this.bullmq = bullmq
    this.report = (error) => settings.logger.error({ error, queue: name }, 'the queue of jobs has an error')
    this.queue = new bullmq.Queue(name, this.#options(), home.engine.backend as never)
    this.queue.on('error', this.failed)
    this.events = new EventStream({
      read: (lastEventId) => this.#reader(lastEventId),
      publish: (fields, most) => this.queue.getBackend().publishEvent(fields, most) as Promise<string>,
      report: this.failed,
    })
  }

  static async open(where: string, settings: OpenSettings): Promise<JobStore> {
    const bullmq = await peer(() => import('bullmq'), 'workpool/jobs', 'bullmq@6')
    if (typeof bullmq.createPostgresBackend !== 'function') {
      await peer(() => Promise.reject(new Error('this version of bullmq is too old')), 'workpool/jobs', 'bullmq@6')
    }
    const home = await openHome(where, { bullmq, lease: settings.lease, logger: settings.logger })
    const store = new JobStore(bullmq, home, settings, settings.queue)
    try {
      await store.queue.waitUntilReady()
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** Another queue in the same home. Its `close` leaves the home. */
  beside(name: string): JobStore {
    return new JobStore(this.bullmq, this.home, this.settings, name)
  }

  readonly failed = (error: unknown): void => {
    if (!this.#isClosed) this.report(error)
  }

  #options() {
    const { connection } = this.home.engine
    const { telemetry } = this.settings
    return { connection: connection as never, ...(telemetry !== undefined && { telemetry: telemetry as Telemetry }) }
  }

  #reader(lastEventId: string): QueueEvents {
    const { connection, backend } = this.home.engine
    const options = { connection: connection as never, lastEventId, autorun: false }
    return new this.bullmq.QueueEvents(this.name, options, backend as never)
  }

  /** A worker of BullMQ. `processor`: null for one that is asked for each job. */
  worker(
    processor: ((job: StoredJob, token?: string) => Promise<unknown>) | null,
    options: { name: string; concurrency: number; limiter?: { max: number; duration: number } },
  ): Worker {
    const { lease } = this.settings
    const worker = new this.bullmq.Worker(
      this.name,
      processor,
      {
        ...this.#options(),
        ...options,
        autorun: false,
        lockDuration: lease,
        stalledInterval: Math.ceil(lease / 2),
        // How often a lease may be lost is counted with the other attempts.
        maxStalledCount: 1_000_000,
        runRetryDelay: 1_000,
      },
      this.home.engine.backend as never,
    )
    worker.on('error', this.failed)
    return worker
  }

  /** @throws PoolClosedError */
  assertOpen(): void {
    if (this.#isClosed) throw new PoolClosedError(this.name, 'the queue is closed', 'queue')
  }

  /** What BullMQ is told of a job. */
  optionsOf(terms: JobTerms, id: string): StoredOptions {
    const { unique, priority, delay, attempts, backoff, keep } = terms
    return {
      jobId: id,
      attempts,
      backoff: { ...backoff },
      removeOnComplete: kept(keep.completed!),
      removeOnFail: kept(keep.failed!),
      stackTraceLimit: MOST_STACKS,
      ...(priority > 0 && { priority }),
      ...(delay > 0 && { delay }),
      ...(unique !== undefined && {
        deduplication: { id: unique.key, ...(unique.ttl !== undefined && { ttl: unique.ttl }) },
      }),
    }
  }

  async find(id: string): Promise<StoredJob | undefined> {
    this.assertOpen()
    return (await this.queue.getJob(id)) ?? undefined
  }

  async stateOf(id: string): Promise<'waiting' | 'delayed' | 'running' | 'completed' | 'failed' | 'unknown'> {
    this.assertOpen()
    const state = await this.queue.getJobState(id)
    return state === 'completed' || state === 'failed' ? state : (STATES[state] ?? 'unknown')
  }

  /** How a job stands. One look, unless it has ended. */
  async standingOf(id: string): Promise<Standing> {
    const state = await this.stateOf(id)
    if (state !== 'completed' && state !== 'failed') return { state }
    const job = await this.find(id)
    // It was removed meanwhile.
    if (job === undefined) return { state: 'unknown' }
    if (state === 'completed') return { state, value: job.returnvalue }
    return wasCancelled(job)
      ? { state: 'cancelled', reason: recordOf(job).cancelled!.reason }
      : { state, job, error: lastErrorOf(job) }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.events.close()
    await this.queue.close()
  }
}

/** As BullMQ has it: in seconds, or not at all. */
const kept = (ms: number): true | { age: number } => (ms === 0 ? true : { age: Math.ceil(ms / 1_000) })
