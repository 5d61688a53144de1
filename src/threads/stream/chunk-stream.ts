import type { StreamCall } from './stream-call.js'

/** Iterators that nobody has any more: their generators are ended. */
const dropped = new FinalizationRegistry<StreamCall>((call) => call.leave())

/** What `stream` gives. Nothing that the stream itself needs refers to it, so it can be told when it is garbage. */
export class ChunkStream<T> implements AsyncIterableIterator<T> {
  readonly #call: StreamCall

  constructor(call: StreamCall) {
    this.#call = call
    dropped.register(this, call)
  }

  next(): Promise<IteratorResult<T>> {
    return this.#call.next() as Promise<IteratorResult<T>>
  }

  return(value?: unknown): Promise<IteratorResult<T>> {
    return this.#call.return(value) as Promise<IteratorResult<T>>
  }

  throw(error?: unknown): Promise<IteratorResult<T>> {
    return this.#call.throw(error) as Promise<IteratorResult<T>>
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
