/** Calls of a pool that have failed for good and were no jobs: they become failed jobs. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { Job as StoredJob, Worker } from 'bullmq'

import { Promise, clearTimeout, setTimeout } from '../base/intrinsics.js'
import type { DeadLetter } from '../options/policy-options.js'
import { termsOf } from './job-options.js'
import { type JobRecord, keptOf, recordOf } from './job-record.js'
import { JobStore } from './job-store.js'
import { assertStorable } from './json-values.js'

/** Most calls that wait to be stored. */
const MOST = 1_000
/** How long a store that does not answer may hold up the end. */
const PATIENCE = 5_000

/** A call with all that is known of it, as it will be stored. */
interface Letter {
  readonly task: string
  readonly record: JobRecord
  /** Enters the async context of the call, so that its trace is known. */
  readonly within: <T>(f: () => T) => T
}

/**
 * The failed calls are in a queue of their own beside that of the jobs, as BullMQ fails only what it has begun: there
 * nothing but these can be the next job.
 */
export class DeadLetters {
  readonly #main: JobStore
  #store: JobStore | undefined
  #worker: Worker | undefined
  readonly #waiting: Letter[] = []
  #storing: Promise<void> | undefined
  #dropped = 0
  #isClosed = false

  constructor(main: JobStore) {
    this.#main = main
  }

  /** The queue of failed calls. It is opened when it is first of use. */
  get store(): JobStore {
    this.#main.assertOpen()
    return (this.#store ??= this.#main.beside(`${this.#main.name}-dead-letters`))
  }

  /** Takes a call that has failed. It throws nothing, and does not wait. */
  take({ task, argument, isSpread, error }: DeadLetter): void {
    if (this.#isClosed || this.#waiting.length >= MOST) {
      this.#dropped++
      if (this.#isClosed) this.#tellDropped()
      return
    }
    const record = { ...(isSpread && { isSpread }), ...(argument !== undefined && { argument }), dead: keptOf(error) }
    this.#waiting.push({ task, record, within: AsyncLocalStorage.snapshot() })
    this.#storing ??= this.#storeAll().finally(() => (this.#storing = undefined))
  }

  async #storeAll(): Promise<void> {
    // Not before the one who has failed is told.
    await undefined
    for (let letter = this.#waiting[0]; letter !== undefined; letter = this.#waiting[0]) {
      const { task } = letter
      try {
        await this.#add(letter)
      } catch (error) {
        const { logger } = this.#main.settings
        logger.error({ error, task, queue: this.#main.name }, 'a call that has failed was not stored as a failed job')
      }
      this.#waiting.shift()
    }
    this.#tellDropped()
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return
    const details = { dropped: this.#dropped, queue: this.#main.name }
    this.#dropped = 0
    this.#main.settings.logger.error(details, `${details.dropped} calls that have failed were dropped and not stored`)
  }

  async #add({ task, record, within }: Letter): Promise<void> {
    const { home, settings } = this.#main
    assertStorable(record.argument, 'the argument', { refusesNul: home.refusesNul })
    const terms = { ...termsOf({} as never, settings.defaults), attempts: 1, delay: 0, priority: 0 }
    const options = this.store.optionsOf(terms, randomUUID())
    await within(() => this.store.queue.add(task, record, options))
    await this.#failAll()
  }

  /** Whatever is in this queue has failed before, also what a process left here that died. */
  async #failAll(): Promise<void> {
    const worker = (this.#worker ??= await this.#newWorker())
    const token = randomUUID()
    for (;;) {
      const job = (await worker.getNextJob(token, { block: false })) as StoredJob | undefined
      if (job === undefined) return
      const { message, stack } = recordOf(job).dead ?? keptOf(new Error('it was no call that has failed'))
      const error = new this.#main.bullmq.UnrecoverableError(message)
      error.stack = stack
      await job.moveToFailed(error, token, false)
    }
  }

  async #newWorker(): Promise<Worker> {
    const worker = this.store.worker(null, { name: 'dead-letters', concurrency: 1 })
    await worker.startStalledCheckTimer()
    return worker
  }

  /**
   * Makes a job of a failed call, with all attempts that the queue gives.
   *
   * @returns whether this call has done that; several may try
   */
  async replay(job: StoredJob): Promise<boolean> {
    const { dead: _, ...record } = recordOf(job)
    const options = this.#main.optionsOf(termsOf({} as never, this.#main.settings.defaults), job.id!)
    // In this order, so that a crash in between loses nothing: the same id is the same job.
    await this.#main.queue.add(job.name, record, options)
    if ((await this.store.stateOf(job.id!)) !== 'failed') return false
    await this.store.queue.remove(job.id!)
    return true
  }

  /** Stores what waits, and closes. */
  async close(): Promise<void> {
    this.#isClosed = true
    let timer: NodeJS.Timeout | undefined
    await Promise.race([this.#storing, new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE)))])
    clearTimeout(timer)
    this.#dropped += this.#waiting.splice(0).length
    this.#tellDropped()
    await this.#worker?.close(true)
    await this.#store?.close()
  }
}
