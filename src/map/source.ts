import { follow, isThenable } from '../base/follow.js'

/** Is told what a pull has given. */
export interface Sink<I> {
  pulled(item: I): void
  /** The source has no more. */
  exhausted(): void
  /** The source threw or rejected, or is none. */
  broken(error: unknown): void
}

const noop = (): void => {}

/**
 * Gives items one by one. Only this file knows the two iterator protocols. Items of a sync iterable are passed on as
 * they are, even promises. The iterable is asked for nothing before the first pull.
 */
export class Source<I> {
  readonly #items: Iterable<I> | AsyncIterable<I>
  readonly #sink: Sink<I>
  #iterator: Iterator<I> | AsyncIterator<I> | undefined
  #next: (() => unknown) | undefined
  #isAsync = false
  /** It has ended, failed or been closed: no item comes from it any more. */
  #isOver = false
  #isPulling = false

  constructor(items: Iterable<I> | AsyncIterable<I>, sink: Sink<I>) {
    this.#items = items
    this.#sink = sink
  }

  /** Whether the answer to a pull is outstanding. */
  get isPulling(): boolean {
    return this.#isPulling
  }

  /** Asks for one item. It must not be called while another pull is outstanding. */
  pull(): void {
    this.#isPulling = true
    let result: unknown
    try {
      if (this.#next === undefined) this.#open()
      result = this.#next!.call(this.#iterator)
      if (this.#isAsync) {
        follow(result as PromiseLike<unknown>, this.#answered, this.#broke)
        return
      }
    } catch (error) {
      this.#broke(error)
      return
    }
    this.#answered(result)
  }

  /** Closes a source that is not over, by its `return`. Nobody waits for that. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    // A sync iterator cannot be closed from inside its own `next`. It is closed when `next` has returned.
    if (this.#isAsync || !this.#isPulling) this.#return()
  }

  #open(): void {
    const asyncOf = (this.#items as AsyncIterable<I>)[Symbol.asyncIterator]
    this.#isAsync = asyncOf !== undefined && asyncOf !== null
    this.#iterator = this.#isAsync
      ? asyncOf.call(this.#items as AsyncIterable<I>)
      : (this.#items as Iterable<I>)[Symbol.iterator]()
    this.#next = this.#iterator.next
  }

  readonly #answered = (result: unknown): void => {
    this.#isPulling = false
    if (this.#isOver) {
      if (!this.#isAsync) this.#return()
      return
    }
    let item: I
    try {
      if (Object(result) !== result)
        throw new TypeError(`the iterator's next() gave ${String(result)}, which is no object`)
      if ((result as IteratorResult<I>).done) {
        this.#isOver = true
        this.#sink.exhausted()
        return
      }
      item = (result as IteratorResult<I>).value
    } catch (error) {
      this.#broke(error)
      return
    }
    this.#sink.pulled(item)
  }

  readonly #broke = (error: unknown): void => {
    this.#isPulling = false
    if (this.#isOver) return
    this.#isOver = true
    this.#sink.broken(error)
  }

  #return(): void {
    try {
      const returned: unknown = this.#iterator?.return?.()
      if (isThenable(returned)) follow(returned, noop, noop)
    } catch {
      // It has failed to close; whoever has left does not want to know.
    }
  }
}
