import type { AsyncResource } from 'node:async_hooks'

import { captureContextForGood, runInContextForGood } from '../origin/async-context.js'
import { PoolOverloadError } from '../base/errors.js'
import { follow } from '../base/follow.js'
import { needHeadroom } from '../base/headroom.js'
import { AbortController, Promise, rejectedLater, rejectedPromise, resolvedPromise } from '../base/intrinsics.js'
import { Fifo } from '../base/fifo.js'
import { heed, isAnyAborting } from '../base/relay.js'
import { SLICE, inSlices } from '../base/slices.js'
import { type VacancyWait, carryOut } from '../native/isolate.js'
import type { MapOptions, SubmitOptions } from '../options/options.js'
import { abortPlaces } from './abort-places.js'
import { type ItemOwner, MapItem } from './map-item.js'
import { type Sink, Source } from './source.js'
import type { Taker } from './taker.js'

const noop = (): unknown => undefined

/** How many items of a map may be pulled and not yielded if the pool is unbounded. */
const UNBOUNDED_WINDOW = 1_024

/** A `next()` that has no answer yet. */
interface Request<O> {
  resolve(result: IteratorResult<O, undefined>): void
  reject(error: unknown): void
}

/**
 * The state of a map. `failing`: a task has thrown, and the pool is about to reject; nothing more is pulled meanwhile.
 * `failed`: the map has ended, and nobody has been told yet.
 */
type Phase = 'new' | 'running' | 'failing' | 'failed' | 'ended'

/**
 * Stands between a source, a pool and whoever iterates. Two bounds stop the pulls. The *window* is the largest number
 * of items that are pulled and not yielded: it is the back-pressure of the consumer. The vacancy of the pool is the
 * back-pressure of the tasks, whoever submits them.
 *
 * Whatever happens (an item is pulled, a task ends, a result is asked for) ends in `#pump`, which pulls as far as both
 * bounds allow.
 */
export class Mapping<I, O, C> implements AsyncIterableIterator<O, undefined>, Sink<I>, ItemOwner<I, C> {
  readonly #taker: Taker<C>
  readonly #task: (item: I, context: C) => unknown
  readonly #source: Source<I>
  readonly #isOrdered: boolean
  /** The signal of whoever called `map`. */
  readonly #outer: AbortSignal | undefined
  readonly #controller = new AbortController()
  /** The options of each task; `undefined` if there are none, because that is cheaper. */
  readonly #options: SubmitOptions | undefined
  readonly #requests = new Fifo<Request<O>>()
  /**
   * If ordered: every item in the window, in the order of the pulls. If unordered: those that are done, as they
   * finished.
   */
  readonly #yields = new Fifo<MapItem<I, C>>()
  /** Items that the pool has refused because it was full. */
  readonly #refused = new Fifo<MapItem<I, C>>()
  /** All places in the window that were ever needed, and those of them that are free. */
  readonly #places: MapItem<I, C>[] = []
  readonly #free: MapItem<I, C>[] = []
  #phase: Phase = 'new'
  #error: unknown
  #isExhausted = false
  #isPumping = false
  #awaitsVacancy = false
  /** The map stands in the queue where its tasks would stand. */
  readonly #wait: VacancyWait
  /** Whether its tasks may have to wait although a task without options would not, or the other way round. */
  readonly #isApart: boolean
  #takeBack = noop
  /** The async context of whoever asked for the first result. */
  #asyncContext: AsyncResource | undefined

  constructor(
    taker: Taker<C>,
    items: Iterable<I> | AsyncIterable<I>,
    task: (item: I, context: C) => unknown,
    { ordered = true, signal, ...options }: MapOptions,
  ) {
    this.#taker = taker
    this.#task = task
    this.#source = new Source(items, this)
    this.#isOrdered = ordered
    this.#outer = signal
    const { waitTimeout, key, weight } = options
    const priority = options.priority as number | undefined
    this.#wait = { priority, waitTimeout, key, weight }
    this.#isApart = key !== undefined || (weight ?? 1) > 1 || priority === Infinity
    if (taker.abort === undefined) this.#options = { ...options, signal: this.#controller.signal }
    else this.#options = Object.values(options).some((value) => value !== undefined) ? options : undefined
  }

  // ── for whoever iterates ────────────────────────────────────────────────────────────────────────────────────────

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<O, undefined>> {
    // This is asked here for the pump, because the answer also says whether everything that follows fits on the stack.
    let isVacant: boolean
    try {
      isVacant = this.#taker.hasVacancy()
    } catch (error) {
      return rejectedLater(error)
    }
    if (this.#phase === 'new') this.#begin()
    if (this.#phase === 'failed') {
      this.#phase = 'ended'
      const error = this.#error
      this.#error = undefined
      return rejectedPromise(error)
    }
    if (this.#phase === 'ended') return resolvedPromise({ value: undefined, done: true })
    if (this.#yields.first?.isDone) return this.#answerAtOnce(isVacant)
    const promise = new Promise<IteratorResult<O, undefined>>((resolve, reject) =>
      this.#requests.push({ resolve, reject }),
    )
    this.#pump(isVacant)
    return promise
  }

  /** A result is there, so nobody has asked before. */
  #answerAtOnce(isVacant: boolean): Promise<IteratorResult<O, undefined>> {
    const answer = resolvedPromise(this.#yield())
    this.#endIfDone()
    this.#pump(isVacant)
    return answer
  }

  /** The loop was left. */
  return(value?: undefined): Promise<IteratorResult<O, undefined>> {
    needHeadroom()
    this.#leave()
    return resolvedPromise({ value, done: true })
  }

  throw(error?: unknown): Promise<IteratorResult<O, undefined>> {
    needHeadroom()
    this.#leave()
    return rejectedPromise(error)
  }

  // ── items ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(): void {
    this.#phase = 'running'
    this.#asyncContext = captureContextForGood()
    if (this.#outer === undefined) return
    try {
      if (this.#outer.aborted) this.#fail(this.#outer.reason)
      else this.#outer.addEventListener('abort', this.#aborted)
    } catch (error) {
      this.#fail(error)
    }
  }

  readonly #aborted = (): void => this.#fail(this.#outer!.reason)

  /**
   * Pulls as far as the window and the pool allow. It is a loop and never runs inside itself, because tasks may end,
   * and iterate, at once.
   */
  #pump(isVacant?: boolean): void {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      let known = isVacant
      while (this.#wantsVacancy()) {
        if (!this.#isApart && (known ?? this.#taker.hasVacancy())) this.#use()
        else this.#awaitVacancy()
        known = undefined
      }
    } finally {
      this.#isPumping = false
    }
  }

  /** Whether there is something to submit, or to pull for it. */
  #wantsVacancy(): boolean {
    if (this.#phase !== 'running' || this.#awaitsVacancy) return false
    if (this.#refused.length > 0) return true
    return !this.#isExhausted && !this.#source.isPulling && this.#held() < this.#window()
  }

  /** How many items are pulled and not yielded yet. */
  #held(): number {
    return this.#places.length - this.#free.length
  }

  #window(): number {
    const capacity = this.#taker.capacity()
    return capacity === Infinity ? UNBOUNDED_WINDOW : capacity
  }

  /** The pool has room for one item: for the oldest that it has refused, or else for a new one. */
  #use(): void {
    const refused = this.#refused.shift()
    if (refused === undefined) this.#source.pull()
    else this.#submit(refused)
  }

  #awaitVacancy(): void {
    this.#awaitsVacancy = true
    this.#takeBack = this.#taker.awaitTurn(this.#wait, this.#isTold, this.#isRefused)
    carryOut()
  }

  /** Submits in the async context of whoever iterates, although somebody else has made room for the task. */
  readonly #isTold = (): void => runInContextForGood(this.#asyncContext, this.#useVacancy, undefined)

  readonly #useVacancy = (): void => {
    this.#awaitsVacancy = false
    // This vacancy is for this map, although `hasVacancy` says no while others are in line for the next one.
    if (this.#wantsVacancy()) this.#use()
    this.#pump()
  }

  readonly #isRefused = (error: unknown): void => this.#fail(error)

  pulled(value: I): void {
    const item = this.#free.pop() ?? this.#newPlace()
    item.value = value
    if (this.#isOrdered) this.#yields.push(item)
    this.#submit(item)
    this.#pump()
  }

  #newPlace(): MapItem<I, C> {
    const place = new MapItem<I, C>(this)
    this.#places.push(place)
    return place
  }

  exhausted(): void {
    this.#isExhausted = true
    this.#deliver()
  }

  broken(error: unknown): void {
    this.#fail(error)
  }

  #submit(item: MapItem<I, C>): void {
    follow(this.#taker.submit(item.run, this.#options, item.value), item.onFulfilled, item.onRejected)
  }

  run(item: MapItem<I, C>, context: C): unknown {
    // The map has ended, and the turn of this item to be aborted has not come.
    if (this.#hasEnded()) return undefined
    item.isStarted = true
    item.context = context
    try {
      return this.#task(item.value as I, context)
    } catch (error) {
      if (this.#phase === 'running') this.#phase = 'failing'
      throw error
    }
  }

  // ── results ─────────────────────────────────────────────────────────────────────────────────────────────────────

  completed(item: MapItem<I, C>, result: unknown): void {
    if (this.#hasEnded()) return
    item.isDone = true
    item.context = undefined
    item.value = result
    if (!this.#isOrdered) this.#yields.push(item)
    this.#deliver()
    this.#pump()
  }

  rejected(item: MapItem<I, C>, error: unknown): void {
    if (this.#hasEnded()) return
    const isRefused = this.#taker.isRefusal?.(error) ?? !item.isStarted
    if (!isRefused || !(error instanceof PoolOverloadError)) {
      this.#fail(error)
      return
    }
    this.#refused.push(item)
    this.#pump()
  }

  /** Answers those who ask, as far as results are there. */
  #deliver(): void {
    while (this.#requests.length > 0 && this.#yields.first?.isDone) this.#requests.shift()!.resolve(this.#yield())
    this.#endIfDone()
  }

  /** The next result. There must be one. */
  #yield(): IteratorResult<O, undefined> {
    const item = this.#yields.shift()!
    const result = { value: item.value as O, done: false as const }
    item.value = undefined
    item.isDone = item.isStarted = false
    this.#free.push(item)
    return result
  }

  #endIfDone(): void {
    if (this.#isExhausted && this.#held() === 0) this.#end()
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #hasEnded(): boolean {
    if (this.#outer !== undefined && isAnyAborting()) heed(this.#outer, this.#aborted)
    return this.#phase === 'failed' || this.#phase === 'ended'
  }

  #fail(error: unknown): void {
    if (this.#hasEnded()) return
    const request = this.#requests.shift()
    this.#end()
    if (request === undefined) {
      this.#phase = 'failed'
      this.#error = error
    } else {
      request.reject(error)
    }
    this.#stop(error)
  }

  #leave(): void {
    const isRunning = !this.#hasEnded()
    this.#end()
    if (isRunning) this.#stop(undefined)
  }

  /** Nothing follows: drops everything, and tells those who ask. */
  #end(): void {
    this.#phase = 'ended'
    this.#error = undefined
    this.#outer?.removeEventListener('abort', this.#aborted)
    this.#yields.clear()
    this.#refused.clear()
    this.#free.length = 0
    inSlices(() => {
      for (let count = 0; count < SLICE && this.#requests.length > 0; count++) {
        this.#requests.shift()!.resolve({ value: undefined, done: true })
      }
      return this.#requests.length === 0
    })
  }

  /** Aborts the tasks that wait or run, and closes the source. */
  #stop(reason: unknown): void {
    this.#takeBack()
    this.#controller.abort(reason)
    abortPlaces(this.#places, this.#taker, this.#controller.signal.reason)
    this.#source.close()
  }
}
