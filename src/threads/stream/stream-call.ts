import { Fifo } from '../../base/fifo.js'
import { needHeadroom } from '../../base/headroom.js'
import { DOMException, Promise, rejectedLater, resolvedPromise, setImmediate, then } from '../../base/intrinsics.js'
import { Look } from '../../native/abi.js'
import { native } from '../../native/binding.js'
import { type Consumer, consumers } from '../../native/consumers.js'
import { carryOut, hasCommands, wake } from '../../native/isolate.js'
import { STREAM } from '../../wire/values.js'
import { Call } from '../owner/call.js'
import { OddChunk, TakenChunks } from './chunks.js'
import type { StreamHome } from './home.js'
import { type OpenStream, addOpen, deleteOpen } from './open-streams.js'

type Step = IteratorResult<unknown, unknown>

/** A `next()` that has no answer yet. */
interface Request {
  resolve(step: Step): void
  reject(error: unknown): void
}

/** How the task has settled. */
interface End {
  readonly isFailed: boolean
  /** The error, or what the generator has returned. */
  readonly value: unknown
}

/** `open`: from the first `next()` to the last chunk. `left`: the loop was left, and the generator ends. */
type Phase = 'new' | 'open' | 'left' | 'ended'

const DONE: Step = { value: undefined, done: true }
const resolved = resolvedPromise(undefined)
const noop = (): void => {}

/**
 * The call of a generator: a task that gives chunks before it settles. It stands between the native stream, which has
 * the chunks that nobody has asked for, and whoever iterates.
 */
export class StreamCall extends Call implements Consumer, OpenStream {
  readonly #most: number
  /** Hands the call in; gives the pool that has taken it. */
  readonly #submit: (call: Call) => StreamHome
  #stream = -1
  #home: StreamHome | undefined
  #phase: Phase = 'new'
  #end: End | undefined
  /** From the submission on. */
  #chunks: TakenChunks | undefined
  readonly #requests = new Fifo<Request>()
  /** Whether an unanswered call keeps the process alive. The task does from its submission on. */
  #isHeld = true
  #isLooking = false
  /** Whether the core knows nothing of the stream any more. */
  #isForgotten = false
  /** Whether the event loop has its turn before the next chunk is given. */
  #isTurning = false
  /** Of `return`, until the generator has ended. */
  #leaving: { readonly promise: Promise<void>; settle(end: End): void } | undefined
  #settleBy: ((settled: () => void) => void) | undefined

  constructor(name: string, argument: unknown, most: number, submit: (call: Call) => StreamHome) {
    super(name, argument, false)
    this.flags = STREAM
    this.promise = resolved
    this.#most = most
    this.#submit = submit
  }

  // ── for whoever iterates ────────────────────────────────────────────────────────────────────────────────────────

  next(): Promise<Step> {
    const chunks = this.#chunks
    if (chunks?.isReady) {
      const value = chunks.first
      if (!(value instanceof OddChunk)) {
        const step = resolvedPromise<Step>({ value, done: false })
        chunks.consume()
        return step
      }
    }
    return this.#nextLater()
  }

  #nextLater(): Promise<Step> {
    try {
      needHeadroom()
      if (this.#phase === 'new') this.#open()
    } catch (error) {
      return rejectedLater(error)
    }
    if (this.#phase !== 'open') return resolvedPromise(DONE)
    const promise = new Promise<Step>((resolve, reject) => this.#requests.push({ resolve, reject }))
    this.#hold()
    this.#deliver(false)
    return promise
  }

  /** The loop was left. Settles when the generator has ended. */
  return(value?: unknown): Promise<Step> {
    return this.#afterLeaving(() => ({ value, done: true }))
  }

  throw(error?: unknown): Promise<Step> {
    return this.#afterLeaving(() => {
      throw error
    })
  }

  #afterLeaving(step: () => Step): Promise<Step> {
    try {
      needHeadroom()
      this.leave()
    } catch (error) {
      return rejectedLater(error)
    }
    return then.call(this.#leaving?.promise ?? resolved, step) as Promise<Step>
  }

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  #open(): void {
    this.#phase = 'ended'
    this.#stream = native.stream_open(this.#most)
    consumers.set(this.#stream, this)
    this.#chunks = new TakenChunks(this.#stream, this.#most, () => this.#home!, this.#cameByPort)
    this.argument = [this.#stream, this.argument]
    try {
      this.#home = this.#submit(this)
    } catch (error) {
      this.#forget()
      throw error
    } finally {
      this.argument = undefined
    }
    this.#phase = 'open'
    if (this.#end === undefined) addOpen(this.#home.streamKey, this)
  }

  // ── chunks ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Answers those who ask, as far as chunks are there. `hasTurned`: the event loop has just had its turn. */
  #deliver(hasTurned: boolean): void {
    while (this.#requests.length > 0 && !this.#isTurning) {
      if (this.#chunks!.isEmpty && !this.#take(hasTurned)) break
      if (this.#isTurning) break
      let value = this.#chunks!.first
      if (value instanceof OddChunk) {
        if (!value.isThere) break
        if (value.isFailed) return this.#break(value.value)
        ;({ value } = value)
      }
      this.#chunks!.consume()
      this.#requests.shift()!.resolve({ value, done: false })
    }
    if (this.#requests.length === 0) this.#letGo()
    else if (this.#chunks!.isEmpty && !this.#isTurning) this.#waitOrEnd()
  }

  /** Takes the chunks that have come; whether there is one. */
  #take(hasTurned: boolean): boolean {
    const isTurn = this.#chunks!.take(hasTurned)
    if (hasCommands()) carryOut()
    if (isTurn) {
      this.#isTurning = true
      setImmediate(this.#turned)
    } else {
      this.#chunks!.release()
    }
    return !this.#chunks!.isEmpty
  }

  readonly #turned = (): void => {
    this.#isTurning = false
    this.#chunks!.release()
    this.#deliver(true)
  }

  /** A chunk has come by the message port. It may be the one that somebody waits for. Not now, as chunks may be being taken. */
  readonly #cameByPort = (): void => {
    if (this.#requests.length > 0) void then.call(resolved, this.#deliverLater)
  }

  readonly #deliverLater = (): void => this.#deliver(false)

  #waitOrEnd(): void {
    if (this.#end !== undefined) return this.#finish(this.#end)
    if (this.#isLooking) return
    this.#isLooking = true
    void then.call(resolved, this.#look)
  }

  /** Looks some µs long for a chunk. If there is none, the core tells this isolate of the next one. */
  readonly #look = (): void => {
    this.#isLooking = false
    if (this.#phase !== 'open' || this.#end !== undefined || this.#requests.length === 0) return
    const found = native.stream_look(this.#stream)
    if (found === Look.chunk) this.#deliver(false)
    else if (found === Look.other) wake()
  }

  arrived(): void {
    // It may be told inside a microtask, so the event loop has not had its turn for sure.
    if (this.#phase === 'open') this.#deliver(false)
  }

  /** The thread has ended: the values that it has sent by its message port are about to be dropped. */
  collect(): void {
    if (this.#phase !== 'open') return
    this.#chunks!.collect()
    if (!this.#isTurning) this.#chunks!.release()
  }

  /** A chunk cannot be had: the stream ends there. */
  #break(error: unknown): void {
    const request = this.#requests.shift()
    this.leave()
    request?.reject(error)
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  override settleBy(settle: (settled: () => void) => void): void {
    this.#settleBy = settle
  }

  override succeed(value: unknown): void {
    this.options.traced?.completed()
    this.#settle({ isFailed: false, value })
  }

  override fail(error: unknown): void {
    this.options.traced?.failed(error)
    this.#settle({ isFailed: true, value: error })
  }

  #settle(end: End): void {
    // The core counts the end of a task as that of a promise that keeps the process alive.
    this.#hold()
    if (this.#settleBy === undefined) this.#settled(end)
    else this.#settleBy(() => this.#settled(end))
  }

  #settled(end: End): void {
    this.#end = end
    this.#isHeld = true
    if (this.#home !== undefined) deleteOpen(this.#home.streamKey, this)
    // The generator may go on. First it is told of the abort that this may be.
    if (end.isFailed) void then.call(resolved, this.#close)
    if (this.#phase === 'left') {
      this.#phase = 'ended'
      this.#forget()
      this.#leaving?.settle(end)
    } else if (end.isFailed && this.#isAborted(end.value)) {
      // Whoever aborts wants no more chunks.
      this.#chunks!.drop()
    }
    // Not now, as the ends of other tasks may be being read.
    if (this.#requests.length > 0) void then.call(resolved, this.#deliverLater)
  }

  #isAborted(reason: unknown): boolean {
    const { signal } = this.options
    return signal?.aborted === true && reason === signal.reason
  }

  readonly #close = (): void => {
    if (this.#isForgotten) return
    native.stream_close(this.#stream)
    if (hasCommands()) carryOut()
  }

  #finish({ isFailed, value }: End): void {
    this.#phase = 'ended'
    this.#forget()
    const first = this.#requests.shift()
    if (isFailed) first?.reject(value)
    else first?.resolve({ value, done: true })
    this.#answerDone()
  }

  #answerDone(): void {
    for (let request = this.#requests.shift(); request !== undefined; request = this.#requests.shift()) {
      request.resolve(DONE)
    }
  }

  /** Nobody asks for chunks any more: the generator is ended. */
  leave(): void {
    if (this.#phase === 'new') this.#phase = 'ended'
    if (this.#phase !== 'open') return
    this.#phase = 'left'
    this.#answerDone()
    if (this.#end !== undefined) {
      this.#chunks!.drop()
      this.#phase = 'ended'
      this.#forget()
      return
    }
    this.#hold()
    const isProduced = native.stream_close(this.#stream) === 1
    this.#chunks!.drop()
    this.#leaving = newLeaving()
    if (hasCommands()) carryOut()
    // It waits, or is on its way to a thread.
    if (!isProduced) {
      const { settle } = this.#leaving
      const isWithdrawn = new DOMException('the stream was left before it began', 'AbortError')
      this.#leaving.settle = (end) => settle(end.value === isWithdrawn ? { isFailed: false, value: undefined } : end)
      this.#home!.withdraw(this, isWithdrawn)
    }
  }

  #forget(): void {
    if (this.#end?.isFailed) this.#close()
    this.#isForgotten = true
    consumers.delete(this.#stream)
    native.stream_forget(this.#stream)
  }

  // ── life of the process ─────────────────────────────────────────────────────────────────────────────────────────

  /** Somebody waits, so the process stays alive. */
  #hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    native.hold(this.#home!.id)
  }

  /** Nobody waits: the stream alone keeps no process alive. */
  #letGo(): void {
    if (!this.#isHeld || this.#end !== undefined || this.#phase !== 'open') return
    this.#isHeld = false
    native.let_go(this.#home!.id)
  }
}

function newLeaving(): { promise: Promise<void>; settle(end: End): void } {
  let settle!: (end: End) => void
  const promise = new Promise<void>((resolve, reject) => {
    settle = ({ isFailed, value }) => (isFailed ? reject(value) : resolve())
  })
  // Whoever has dropped the iterator hears of no failure.
  then.call(promise as Promise<unknown>, undefined, noop)
  return { promise, settle }
}
