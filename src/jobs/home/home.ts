import type { BackendFactory } from 'bullmq'

import type { Logger } from '../../base/logger.js'

/** What every Queue, Worker and QueueEvents of BullMQ is made with. */
export interface Engine {
  /** `connection` of their options: with the same object all share what can be shared. */
  readonly connection: object
  /** The last argument of their constructors. `undefined` is Redis. */
  readonly backend: BackendFactory | undefined
}

/** What a home needs to know of those who live there. */
export interface HomeOptions {
  /** BullMQ, as it was loaded. */
  readonly bullmq: typeof import('bullmq')
  /** The duration of a lease in ms: the clocks of client and server must agree better than that. */
  readonly lease: number
  /** Is told what is no error: a server that may forget jobs, a connection that is tried again. */
  readonly logger: Logger
}

/** A home of jobs: where one store is, and what BullMQ is given for it. */
export interface Home {
  readonly kind: 'file' | 'postgres' | 'redis'
  readonly engine: Engine
  /** Whether strings with NUL or lone surrogates are refused by this store. */
  readonly refusesNul: boolean
  /**
   * Ends what is shared: the connections, the thread of the database, the lock of its folder. It is called once, after
   * all queues and workers are closed.
   */
  close(): Promise<void>
}

/**
 * Opens what `where` names (`redis:…`, `postgres:…`, `file:…`), and has tried that it answers. It is `openHome` in
 * `open-home.ts`.
 *
 * @throws TypeError with code `ERR_POOL_OPTION` if it is nothing of that kind; an error that says what to install if a
 *   package is missing; what the server says
 */
export type OpenHome = (where: string, options: HomeOptions) => Promise<Home>
