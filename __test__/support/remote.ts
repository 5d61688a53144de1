import type { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import type { setImmediate, setTimeout } from 'node:timers/promises'
import { type MessagePort, Worker } from 'node:worker_threads'

import test from 'ava'
import type * as workpool from 'workpool'

import { type Gate, gate } from './gate.js'

const FIXTURE = join(process.cwd(), '__test__', 'fixtures', 'remote.mjs')

/** What functions that run in another isolate are given; they see nothing else of the test. */
export type Scope = typeof workpool & {
  AsyncLocalStorage: typeof AsyncLocalStorage
  turn: typeof setImmediate
  delay: typeof setTimeout
  gate: typeof gate<any>
  port: MessagePort
  /** Whatever is to outlive a call. */
  kept: Record<string, any>
}

/** A test that fails leaves its isolates behind. */
const living = new Set<Remote>()
test.after.always(async () => {
  await Promise.all([...living].map((remote) => remote.terminate()))
})

/** Another isolate of this process. */
export class Remote {
  readonly #worker = new Worker(FIXTURE, { execArgv: [] })
  readonly #calls = new Map<number, Gate<any>>()
  #count = 0
  /** With its exit code. */
  readonly ended: Promise<number>

  private constructor() {
    const ready = gate<any>()
    this.#calls.set(-1, ready)
    const ended = gate<number>()
    this.ended = ended.promise
    const failAll = (error: unknown): void => {
      for (const call of this.#calls.values()) call.fail(error)
    }
    this.#worker.on('message', ({ id, value, error }) => {
      const call = this.#calls.get(id)
      this.#calls.delete(id)
      if (error === undefined) call?.open(value)
      else call?.fail(Object.assign(new Error(error.message), error))
    })
    this.#worker.on('error', failAll)
    living.add(this)
    this.#worker.on('exit', (code) => {
      living.delete(this)
      ended.open(code)
      failAll(new Error('the isolate has ended'))
    })
  }

  static async start(): Promise<Remote> {
    const remote = new Remote()
    await remote.#calls.get(-1)!.promise
    return remote
  }

  static starting(count: number): Promise<Remote[]> {
    return Promise.all(Array.from({ length: count }, () => Remote.start()))
  }

  /** Calls `body` there, as text: it sees its parameters only. Arguments and result are cloned. */
  run<A extends unknown[], T>(body: (scope: Scope, ...args: A) => T, ...args: A): Promise<Awaited<T>> {
    const call = gate<Awaited<T>>()
    const id = this.#count++
    this.#calls.set(id, call)
    // Also where nobody waits for it, as its isolate is about to be ended.
    call.promise.catch(() => {})
    this.#worker.postMessage({ id, source: body.toString(), args })
    return call.promise
  }

  /** When a function that runs there posts `{ id: -1 }` next. */
  announcement(): Promise<void> {
    const announced = gate<any>()
    this.#calls.set(-1, announced)
    return announced.promise
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}
