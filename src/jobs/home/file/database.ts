import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { Promise } from '../../../base/intrinsics.js'
import type { Answer, DatabaseStart, Order, Refusal } from './messages.js'

import type { Logger } from '../../../base/logger.js'
import { storeError } from '../store-error.js'
import { giveBack } from './lock.js'

/** The file of its thread: `inside/entry.ts`. `scripts/bundle.mjs` knows it by this name. */
const ENTRY = 'jobs-database.js'

interface Result {
  // oxlint-disable-next-line typescript/no-explicit-any -- as BullMQ declares it
  rows: any[]
  rowCount: number | null
}

interface Waiting {
  resolve(result: Result): void
  reject(error: Error): void
}

/**
 * What BullMQ takes for a pool of connections: PGlite, in a thread of its own, as every statement would otherwise hold up
 * the event loop. There is one session for all, in which each statement is a transaction of its own.
 */
export class Database {
  /** Fails with what keeps it from opening. */
  readonly opened: Promise<void>
  /** BullMQ reads here that a session is never lost without a word. */
  readonly options = { keepAlive: true }
  readonly #thread: Worker
  readonly #exited: Promise<void>
  readonly #lock: string
  readonly #logger: Logger
  readonly #waiting = new Map<number, Waiting>()
  readonly #sessions = new Set<Session>()
  #numbers = 0
  #isOpen = false
  #failure: Error | undefined
  #closing: Promise<void> | undefined

  constructor(start: DatabaseStart, folder: string, logger: Logger) {
    this.#lock = start.lock
    this.#logger = logger
    // What the program gives its own threads, such as loaders, is none of its business.
    const options = { name: 'workpool jobs', workerData: start, execArgv: [], env: {}, stdout: false, stderr: false }
    this.#thread = new Worker(join(__dirname, ENTRY), options)
    this.opened = new Promise((resolve, reject) => {
      this.#thread.on('message', (answer: Answer) => {
        if (answer.kind === 'opened') {
          this.#isOpen = true
          resolve()
        } else if (answer.kind === 'failed')
          reject(Object.assign(storeError(answer.message, answer.cause), { code: answer.code }))
        else this.#hear(answer)
      })
      this.#thread.on('error', (error) => {
        reject(this.#fail(storeError(`the database of the jobs in ${folder} has failed: ${messageOf(error)}`, error)))
      })
      this.#thread.once('exit', () => {
        reject(this.#fail(storeError(`the database of the jobs in ${folder} is closed`)))
      })
    })
    // Nobody may wait for it any more.
    this.opened.catch(() => {})
    this.#exited = new Promise((resolve) => {
      this.#thread.once('exit', () => resolve())
    })
  }

  query(text: string, values?: readonly unknown[]): Promise<Result> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const id = this.#numbers++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      try {
        this.#send({ id, text, values })
      } catch (error) {
        this.#waiting.delete(id)
        reject(error as Error)
      }
    })
  }

  connect(): Promise<Session> {
    const session = new Session(this, () => this.#sessions.delete(session))
    this.#sessions.add(session)
    return Promise.resolve(session)
  }

  /** After the statements that it has; the folder is free then. */
  close(): Promise<void> {
    return (this.#closing ??= (async () => {
      if (this.#failure === undefined) this.#send('close')
      await this.#exited
      giveBack(this.#lock)
    })())
  }

  /** BullMQ ends only pools that it has made. */
  end(): Promise<void> {
    return Promise.resolve()
  }

  on(): this {
    return this
  }
  removeAllListeners(): this {
    return this
  }

  #send(order: Order): void {
    this.#thread.postMessage(order)
  }

  #hear(answer: Exclude<Answer, { kind: 'opened' | 'failed' }>): void {
    if (answer.kind === 'notification') {
      for (const session of this.#sessions) session.emit('notification', answer)
      return
    }
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.kind === 'result') waiting?.resolve(answer)
    else waiting?.reject(refused(answer.refusal))
  }

  /** No statement is answered any more. */
  #fail(error: Error): Error {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = error
    if (this.#isOpen && this.#closing === undefined) this.#logger.error({ error }, error.message)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    return error
  }
}

/** What BullMQ takes for one connection. */
class Session extends EventEmitter {
  readonly query: Database['query']
  readonly release: () => void

  constructor(database: Database, release: () => void) {
    super()
    this.query = (text, values) => database.query(text, values)
    this.release = release
  }
}

/** As node-postgres gives it. */
const refused = ({ message, ...rest }: Refusal): Error => Object.assign(new Error(message), rest)

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
