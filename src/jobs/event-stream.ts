/** What happens to the jobs of a queue, wherever it happens. */
import { EventEmitter } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import type { QueueEvents } from 'bullmq'

/** What is heard of one job. */
export interface Heard {
  completed: { jobId: string; returnvalue: unknown }
  failed: { jobId: string; failedReason: string }
  progress: { jobId: string; data: unknown }
  stalled: { jobId: string }
  /** Somebody wants the job to end: who runs it aborts it. */
  cancel: { jobId: string; reason?: string }
  /** The job was removed before it began. */
  cancelled: { jobId: string; reason?: string }
}

const HEARD = ['completed', 'failed', 'progress', 'stalled', 'cancel', 'cancelled'] as const

/** How many events the stream keeps for those who are slow, about. As BullMQ has it for its own. */
const MOST_EVENTS = 10_000
const PAUSE = 1_000

/** What the stream needs of the queue. */
export interface EventSource {
  /** Makes the reader of what comes after the event with this id. */
  read(lastEventId: string): QueueEvents
  /** Publishes an event, and gives its id. */
  publish(fields: Record<string, string>, mostEvents: number): Promise<string>
  report(error: unknown): void
}

/**
 * Reads the events of the queue from when somebody first asks: every process that reads them gets all of them.
 */
export class EventStream {
  readonly #source: EventSource
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  #opening: Promise<void> | undefined
  #reader: QueueEvents | undefined
  #isClosed = false

  constructor(source: EventSource) {
    this.#source = source
  }

  /**
   * Resolves when no event is missed any more. It can be called as often as one likes.
   *
   * A reader that is told to begin "now" asks again from "now" until the first event comes, and misses what happens in
   * between. So it begins after an event of ours.
   */
  open(): Promise<void> {
    this.#opening ??= this.#begin().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #begin(): Promise<void> {
    const lastEventId = await this.publish({ event: 'workpool:reader' })
    if (this.#isClosed) return
    const reader = (this.#reader = this.#source.read(lastEventId))
    reader.setMaxListeners(0)
    reader.on('error', (error) => this.#source.report(error))
    for (const event of HEARD) {
      reader.on(event as 'completed', (heard: { jobId: string }) => {
        this.#emitter.emit(event, heard)
        this.#emitter.emit(`${event}:${heard.jobId}`, heard)
      })
    }
    // The connection that listens is made by this. One that is made while the reader closes would stay.
    const backend = reader.getBackend()
    await backend.setName(backend.clientName(':qe'))
    if (this.#isClosed) return
    void reader.run().catch((error: unknown) => this.#restart(reader, error))
    await reader.waitUntilReady()
  }

  /** An event that cannot be read ends a reader for good. */
  async #restart(reader: QueueEvents, error: unknown): Promise<void> {
    if (this.#isClosed) return
    this.#source.report(error)
    await reader.close().catch(() => {})
    await after(PAUSE)
    if (this.#isClosed) return
    this.#opening = undefined
    await this.open().catch((again: unknown) => this.#restart(reader, again))
  }

  publish(fields: Record<string, string>): Promise<string> {
    return this.#source.publish(fields, MOST_EVENTS)
  }

  /** Hears of all jobs. */
  on<E extends keyof Heard>(event: E, listener: (heard: Heard[E]) => void): void {
    this.#emitter.on(event, listener)
  }

  off<E extends keyof Heard>(event: E, listener: (heard: Heard[E]) => void): void {
    this.#emitter.off(event, listener)
  }

  /** Hears of one job, and gives what ends that. */
  hear<E extends keyof Heard>(event: E, id: string, listener: (heard: Heard[E]) => void): () => void {
    const name = `${event}:${id}`
    this.#emitter.on(name, listener)
    return () => void this.#emitter.off(name, listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#opening?.catch(() => {})
    await this.#reader?.close()
  }
}
