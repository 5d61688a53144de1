import type { MessagePort, Worker } from 'node:worker_threads'

import type { ErrorDescription } from '../../wire/payload/index.js'
import type { StickyLimit } from '../broadcast/sticky-limit.js'
import type { VitalSigns } from './vital-signs.js'

/** A thread as its owner knows it. */
export interface Member {
  readonly worker: number
  readonly thread: Worker
  /** Node's number for it, which the `Worker` has no more once it has ended. */
  readonly threadId: number
  /** Tells the values of this thread from those of others. */
  readonly serial: number
  /** The count of the value that comes next from the thread. */
  nextValue: number
  readonly control: MessagePort
  readonly startedAt: number
  hasEntered: boolean
  hasLoaded: boolean
  /** The core has said that the thread is dead, and Node has not yet. */
  isDead: boolean
  isRetiring: boolean
  /** The core has had it ended, whatever it did. */
  isKilled: boolean
  /** Why the thread cannot load its module, if that will not change. */
  unloadable: ErrorDescription | undefined
  /** The uncaught error of which the thread dies. */
  cause: unknown
  /** The exit code, if the thread could still say it. */
  exitCode: number | undefined
  /** The timer that ends the thread, once it is to go. */
  end: (() => void) | undefined
  readonly stickyLimit: StickyLimit
  /** Once somebody has looked at it. */
  signs: VitalSigns | undefined
  /** How often this worker had been started before. */
  readonly attempt: number
}

/** What the pool wants to hear of its threads. */
export interface ThreadEvents {
  /** A thread that had loaded has died, with this exit code and this uncaught error. */
  crashed(worker: number, exitCode: number, cause: ErrorDescription | undefined): void
  /** A thread that had no task has been ended. */
  retired(worker: number): void
  /** A thread cannot be started. Without a cause, it was not wanted any more. */
  startFailed(worker: number, cause: ErrorDescription | undefined): void
  /** A thread has loaded. */
  loaded(): void
  /** A thread has ended: what it has sent by its message port is about to be dropped. */
  ended(): void
}
