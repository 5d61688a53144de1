import type { MessagePort, Worker } from 'node:worker_threads'

import type { ErrorDescription } from '../../wire/payload/index.js'
import type { StickyLimit } from '../broadcast/sticky-limit.js'

/** A thread as its owner knows it. */
export interface Member {
  readonly worker: number
  readonly thread: Worker
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
  /** Why the thread cannot load its module, if that will not change. */
  unloadable: ErrorDescription | undefined
  /** The uncaught error of which the thread dies. */
  cause: unknown
  /** The exit code, if the thread could still say it. */
  exitCode: number | undefined
  /** The timer that ends the thread, once it is to go. */
  end: (() => void) | undefined
  readonly stickyLimit: StickyLimit
  /** How often this worker had been started before. */
  readonly attempt: number
}
