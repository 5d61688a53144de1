import { setMaxListeners } from 'node:events'

import type { Pool, PoolClient, PoolConfig } from 'pg'

import { AbortController, Promise, clearTimeout, monotonicNow, setTimeout } from '../../base/intrinsics.js'
import type { Logger } from '../../base/logger.js'
import { isLostConnection } from './lost-connection.js'

/** How many statements run at once. The others wait for a connection. */
const MOST = 10
/** How long a statement is tried again while the server is away, in ms from its first failure. */
const PATIENCE = 60_000
/** The pauses between attempts, in ms: they double. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [50, 1_000]
/** In ms. A server that is there answers earlier; one that is gone without a word does not. */
const [CONNECT_WITHIN, ANSWER_WITHIN] = [10_000, 30_000]

/**
 * What BullMQ takes for a pool of connections. It is one for all queues and workers of a process that live in the same
 * database.
 *
 * A statement whose connection is lost is tried again, as a server that starts anew would otherwise cost the results of all
 * tasks that end meanwhile. All statements of BullMQ are transactions of their own, and bear that: a job is added once by its
 * id, and a job that has been finished cannot be finished again.
 */
export class PostgresConnections {
  readonly #statements: Pool
  /** Those that are kept: to listen, to migrate. They are no part of the others, so that listeners never use those up. */
  readonly #sessions: Pool
  readonly #logger: Logger
  readonly #ended = new AbortController()
  #isAway = false

  /** BullMQ reads here that connections are watched by the system. */
  readonly options = { keepAlive: true }

  constructor(pg: typeof import('pg'), connectionString: string, logger: Logger) {
    this.#logger = logger
    // One for each statement that is to be tried again.
    setMaxListeners(0, this.#ended.signal)
    const shared: PoolConfig = {
      connectionString,
      connectionTimeoutMillis: CONNECT_WITHIN,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    }
    this.#statements = new pg.Pool({ ...shared, max: MOST, query_timeout: ANSWER_WITHIN })
    this.#sessions = new pg.Pool({ ...shared, max: Number.MAX_SAFE_INTEGER })
    // One that breaks while nobody uses it is replaced.
    for (const pool of [this.#statements, this.#sessions]) pool.on('error', () => {})
  }

  /** Fails at once if the server is not there. */
  async reach(): Promise<void> {
    await this.#statements.query('SELECT 1')
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as BullMQ declares it
  query(text: string, values?: readonly unknown[]): Promise<{ rows: any[]; rowCount: number | null }> {
    return this.#persistently(() => this.#statements.query(text, values as unknown[]))
  }

  connect(): Promise<PoolClient> {
    return this.#persistently(() => this.#sessions.connect())
  }

  /** What is tried again fails now. Who still has a session ends it when he is closed. */
  async end(): Promise<void> {
    this.#ended.abort(new Error('the connections to PostgreSQL are closed'))
    const isSessionKept = this.#sessions.totalCount > this.#sessions.idleCount
    const sessions = this.#sessions.end()
    await this.#statements.end()
    if (!isSessionKept) await sessions
  }

  /** Nothing is told there: what is lost is mended here, and logged. */
  on(): this {
    return this
  }
  removeAllListeners(): this {
    return this
  }

  async #persistently<T>(attempt: () => Promise<T>): Promise<T> {
    let pause = FIRST_PAUSE
    let until: number | undefined
    for (;;) {
      this.#ended.signal.throwIfAborted()
      try {
        const value = await attempt()
        this.#back()
        return value
      } catch (error) {
        if (!isLostConnection(error)) throw error
        this.#away(error)
        until ??= monotonicNow() + PATIENCE
        if (monotonicNow() + pause > until) throw error
        await this.#pause(pause)
        pause = Math.min(pause * 2, LONGEST_PAUSE)
      }
    }
  }

  /** Ends early if the connections are closed. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#ended
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
    })
  }

  #away(error: unknown): void {
    if (this.#isAway || this.#ended.signal.aborted) return
    this.#isAway = true
    this.#logger.warn({ error }, 'a connection to PostgreSQL is lost; statements are tried again')
  }

  #back(): void {
    if (!this.#isAway) return
    this.#isAway = false
    this.#logger.info({}, 'PostgreSQL answers again')
  }
}
