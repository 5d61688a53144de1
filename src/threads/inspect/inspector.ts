/** The thread that speaks with the inspector, for one look, as whoever looks sees it. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { PoolUnsupportedError } from '../../base/errors.js'
import { Promise } from '../../base/intrinsics.js'
import { isNode } from '../../base/runtime.js'
import type { Answer, Answers, Question } from './inspected.js'

/** The file of that thread: `inside/entry.ts`. `scripts/bundle.mjs` knows it by this name. */
const ENTRY = 'inspector.js'

export class Inspector {
  readonly #thread: Worker
  readonly #ended: Promise<void>
  readonly #pool: string
  #resolve!: (answer: Answer) => void

  /**
   * Starts it, for the pool of this name.
   *
   * @throws PoolUnsupportedError
   */
  constructor(pool: string) {
    if (!isNode) throw new PoolUnsupportedError(pool, 'this runtime has no inspector that tells of threads', undefined)
    this.#pool = pool
    try {
      // What the program gives its own threads, such as loaders, is none of its business.
      this.#thread = new Worker(join(__dirname, ENTRY), { name: 'workpool inspector', execArgv: [], env: {} })
    } catch (error) {
      throw this.#unsupported(error)
    }
    this.#ended = new Promise((resolve) => this.#thread.once('exit', () => resolve()))
    const lost = (error: unknown): void => this.#resolve({ error, code: undefined })
    this.#thread.on('error', lost)
    void this.#ended.then(() => lost(new Error('the thread that speaks with the inspector has ended')))
    this.#thread.on('message', (answer: Answer) => this.#resolve(answer))
  }

  /**
   * Asks one question at a time.
   *
   * @throws PoolUnsupportedError
   */
  async ask<Q extends Question>(question: Q): Promise<Answers[Q['ask']]> {
    const answer = await new Promise<Answer>((resolve) => {
      this.#resolve = resolve
      this.#thread.postMessage(question)
    })
    if ('value' in answer) return answer.value as Answers[Q['ask']]
    throw this.#unsupported(
      answer.code === undefined ? answer.error : Object.assign(answer.error as object, { code: answer.code }),
    )
  }

  /** The threads are not looked at any more, and the thread has ended. */
  close(): Promise<void> {
    this.#thread.postMessage(undefined)
    return this.#ended
  }

  #unsupported(cause: unknown): PoolUnsupportedError {
    return new PoolUnsupportedError(this.#pool, 'the inspector of this process cannot be used', cause)
  }
}
