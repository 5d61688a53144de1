/** The generators of this thread whose chunks somebody consumes. */
import { follow } from '../../../base/follow.js'
import { DOMException, Promise, setImmediate, resolvedPromise } from '../../../base/intrinsics.js'
import { Flow } from '../../../native/abi.js'
import { native } from '../../../native/binding.js'
import { carryOut, hasCommands } from '../../../native/isolate.js'
import type { Callee, Job } from '../job.js'

/** What the producers need of their thread. */
export interface ProducingThread {
  /** The generator that a task is for. @throws TypeError if its export is none */
  generator(callee: Callee): (argument: unknown) => Generator | AsyncGenerator
  /** The code of this task is being called; `undefined`: that of none. */
  isCalling(job: Job | undefined): void
  /** @throws what cannot be cloned */
  send(job: Job, stream: number, chunk: unknown): Flow
  /** Has the signal of the task abort, if its code has asked for one. */
  abort(job: Job, reason: unknown): void
}

export class Producers {
  readonly #thread: ProducingThread
  readonly #producers = new Map<number, Producer>()

  constructor(thread: ProducingThread) {
    this.#thread = thread
  }

  /**
   * Begins a task. Settles when its generator has ended, with what it returns. `scope`: calls code of the task where
   * carriers have called `start`, also if a consumer has caused the call.
   */
  start(job: Job, scope?: Scope): Promise<unknown> {
    const [stream, argument] = job.argument as [number, unknown]
    const generate = this.#thread.generator(job)
    // The consumer has left before the generator has begun.
    if (native.stream_attach(stream) === 0) return resolvedPromise(undefined)
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#producers.delete(stream)
        native.stream_end(stream)
        settle()
      }
      const producer = new Producer(this.#thread, job, stream, scope, {
        resolve: (value) => end(() => resolve(value)),
        reject: (error) => end(() => reject(error)),
      })
      this.#producers.set(stream, producer)
      producer.begin(() => generate(argument))
    })
  }

  /** A stream has credit again, or nobody consumes it any more. */
  credits(stream: number): void {
    this.#producers.get(stream)?.lookInScope()
  }
}

type Scope = (code: () => void) => void

interface End {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Asks one generator for chunks, and for the next one only after the last has been sent. */
class Producer {
  readonly #thread: ProducingThread
  readonly #job: Job
  readonly #stream: number
  readonly #scope: Scope | undefined
  readonly #end: End
  #generator!: Generator | AsyncGenerator
  #isAsync = false
  /** Whether the generator has been asked and has not answered. */
  #isAsked = false
  /** Whether a turn of the event loop comes before the next chunk. */
  #isTurning = false
  /** Nobody consumes any more. */
  #isClosed = false

  constructor(thread: ProducingThread, job: Job, stream: number, scope: Scope | undefined, end: End) {
    this.#thread = thread
    this.#job = job
    this.#stream = stream
    this.#scope = scope
    this.#end = end
  }

  begin(generate: () => Generator | AsyncGenerator): void {
    try {
      // The defaults of its parameters may throw.
      this.#generator = this.#call(generate)
      this.#isAsync = Symbol.asyncIterator in this.#generator
    } catch (error) {
      this.#end.reject(error)
      return
    }
    this.#goOn()
  }

  /** Calls code of the task. */
  #call<T>(code: () => T): T {
    this.#thread.isCalling(this.#job)
    try {
      return code()
    } finally {
      this.#thread.isCalling(undefined)
    }
  }

  readonly #next = (): unknown => this.#generator.next()

  #goOn(): void {
    for (let goesOn = true; goesOn;) {
      let step: unknown
      try {
        step = this.#call(this.#next)
      } catch (error) {
        this.#end.reject(error)
        return
      }
      if (this.#isAsync) {
        this.#isAsked = true
        follow(step as PromiseLike<IteratorResult<unknown>>, this.#answered, this.#failed)
        return
      }
      goesOn = this.#isToGoOn(step as IteratorResult<unknown>)
    }
  }

  readonly #answered = (step: IteratorResult<unknown>): void => {
    this.#isAsked = false
    if (this.#isToGoOn(step)) this.#goOn()
  }

  readonly #failed = (error: unknown): void => this.#end.reject(error)

  /** Sends a chunk; whether the generator is to be asked for the next one now. */
  #isToGoOn({ done, value }: IteratorResult<unknown>): boolean {
    if (done) {
      this.#end.resolve(value)
      return false
    }
    let flow: Flow
    try {
      flow = this.#isClosed ? Flow.closed : this.#thread.send(this.#job, this.#stream, value)
    } catch (error) {
      // A chunk that cannot be cloned ends the generator, as what the body of a loop throws would.
      this.#leave({ error })
      return false
    }
    // The consumer may be in this thread.
    if (hasCommands()) carryOut()
    return this.#isFlowing(flow)
  }

  #isFlowing(flow: Flow): boolean {
    if (flow === Flow.closed) this.#leave(undefined)
    else if (flow === Flow.turn) {
      this.#isTurning = true
      setImmediate(this.#turned)
    }
    return flow === Flow.go
  }

  readonly #turned = (): void => {
    this.#isTurning = false
    this.look()
  }

  /** Looks whether to go on, after a turn of the event loop or because there may be credit. */
  look(): void {
    if (this.#isTurning || this.#isClosed) return
    const flow = native.stream_flow(this.#stream)
    if (!this.#isAsked) {
      if (this.#isFlowing(flow)) this.#goOn()
    } else if (flow === Flow.closed) {
      // The generator is left when it has answered.
      this.#isClosed = true
      this.#abort()
    }
  }

  lookInScope(): void {
    if (this.#scope === undefined) this.look()
    else this.#scope(() => this.look())
  }

  #abort(): void {
    this.#thread.abort(this.#job, new DOMException('nobody consumes the stream any more', 'AbortError'))
  }

  /** Ends the generator, so that its `finally` runs. `failure`: of what the task fails. */
  #leave(failure: { readonly error: unknown } | undefined): void {
    if (failure === undefined && !this.#isClosed) this.#abort()
    this.#isClosed = true
    const left = (): void => {
      if (failure === undefined) this.#end.resolve(undefined)
      else this.#end.reject(failure.error)
    }
    try {
      const step: unknown = this.#call(() => this.#generator.return(undefined))
      if (this.#isAsync) follow(step as PromiseLike<unknown>, left, this.#failed)
      else left()
    } catch (error) {
      this.#end.reject(error)
    }
  }
}
