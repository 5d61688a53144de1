/** How a consumer takes chunks: the core writes them into one array of this isolate. */
import { ArgumentRow, Batching, StreamHead, Streaming, ValueFlag, ValueKind } from '../../native/abi.js'
import { WorkerCrashedError } from '../../base/errors.js'
import { native } from '../../native/binding.js'
import { carryOut, hasCommands } from '../../native/isolate.js'
import { decodeIn } from '../../wire/values.js'
import type { StreamHome } from './home.js'

const noop = (): void => {}

/** A chunk that is no value yet: it comes by a message port, or cannot be read back. */
export class OddChunk {
  /** Whether it is settled what has become of it. */
  isThere = false
  /** If it is there: whether `value` is the error for which it cannot be had. */
  isFailed = false
  value: unknown

  /** The token by which its thread has sent it. */
  constructor(readonly token: number) {}

  came(value: unknown, isFailed: boolean): void {
    this.isThere = true
    this.isFailed = isFailed
    this.value = value
  }
}

interface Taking {
  readonly words: Int32Array
  readonly floats: Float64Array
  readonly bytes: Uint8Array
}

/** Made for the first stream. */
let taking: Taking | undefined

function newTaking(): Taking {
  const buffer = new ArrayBuffer(Streaming.chunkArray)
  return { words: new Int32Array(buffer), floats: new Float64Array(buffer), bytes: new Uint8Array(buffer) }
}

/**
 * Gives credit back for `consumed` chunks, and appends to `chunks` what has come. Whether the event loop is to have its
 * turn before these are used. `hasTurned`: it has just had one.
 */
function takeChunks(stream: number, consumed: number, hasTurned: boolean, chunks: unknown[]): boolean {
  const { words, floats, bytes } = (taking ??= newTaking())
  words[StreamHead.number] = stream
  words[StreamHead.consumed] = consumed
  words[StreamHead.turn] = hasTurned ? 1 : 0
  native.stream_take(bytes)
  const count = words[StreamHead.count]!
  for (let row = 0, at: number = Streaming.streamHead; row < count; row++, at += Batching.argument) {
    const kind = words[at + ArgumentRow.kind]!
    const number = floats[at >> 1]!
    if (kind === ValueKind.number) chunks.push(number)
    else if ((kind & ValueFlag.mask) === ValueKind.port) chunks.push(new OddChunk(number))
    else chunks.push(read(bytes, kind, number, words[at + ArgumentRow.offset]!, words[at + ArgumentRow.length]!))
  }
  return words[StreamHead.turn] === 1
}

/** A chunk for which there is no memory, for example, is the affair of its own stream. */
function read(bytes: Uint8Array, kind: number, number: number, offset: number, length: number): unknown {
  try {
    return decodeIn(bytes, kind, number, offset, length)
  } catch (error) {
    const odd = new OddChunk(-1)
    odd.came(error, true)
    return odd
  }
}

/** The chunks of one stream that this isolate has taken and nobody has been given. */
export class TakenChunks {
  readonly #stream: number
  /** With so many consumed chunks credit is given back, so that the producer works while the others are consumed. */
  readonly #half: number
  readonly #home: () => StreamHome
  /** A chunk has come by the message port. */
  readonly #came: () => void
  readonly #chunks: unknown[] = []
  /** The first one that nobody has been given. */
  #at = 0
  /** Chunks before this one may be given. */
  #until = 0
  /** Chunks for which credit has not been given back. */
  #consumed = 0

  constructor(stream: number, most: number, home: () => StreamHome, came: () => void) {
    this.#stream = stream
    this.#half = Math.max(1, most >> 1)
    this.#home = home
    this.#came = came
  }

  get isEmpty(): boolean {
    return this.#at === this.#chunks.length
  }

  /** Whether the first one may be given. */
  get isReady(): boolean {
    return this.#at < this.#until
  }

  get first(): unknown {
    return this.#chunks[this.#at]
  }

  /** The first one has been given. */
  consume(): void {
    this.#chunks[this.#at++] = undefined
    if (++this.#consumed < this.#half) return
    native.stream_credit(this.#stream, this.#consumed)
    this.#consumed = 0
    // The producer may be in this isolate.
    if (hasCommands()) carryOut()
  }

  /**
   * Takes the chunks that have come, as there are none; none may be given before `release`. Whether the event loop is to
   * have its turn before that. `hasTurned`: it has just had one.
   */
  take(hasTurned: boolean): boolean {
    const consumed = this.#consumed
    this.#chunks.length = this.#at = this.#until = this.#consumed = 0
    const isTurn = takeChunks(this.#stream, consumed, hasTurned, this.#chunks)
    this.#askForOdd(0)
    return isTurn
  }

  /** All may be given. */
  release(): void {
    this.#until = this.#chunks.length
  }

  /** Takes all that have come beside those that are here. */
  collect(): void {
    const from = this.#chunks.length
    for (let known = -1; known < this.#chunks.length;) {
      known = this.#chunks.length
      takeChunks(this.#stream, 0, true, this.#chunks)
    }
    this.#askForOdd(from)
  }

  /** Asks the owner's message port for the chunks that come by it, from this one on. */
  #askForOdd(from: number): void {
    for (let at = from; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]
      if (!(chunk instanceof OddChunk) || chunk.isThere) continue
      const came = (value: unknown, isFailed: boolean): void => {
        chunk.came(value, isFailed)
        this.#came()
      }
      this.#home().takeValue(chunk.token, {
        give: (value) => came(value, false),
        fail: (error) => came(error, true),
        lose: () => came(new WorkerCrashedError(this.#home().name, 0, undefined), true),
      })
    }
  }

  /** Nobody asks for what has come. */
  drop(): void {
    const chunks = this.#chunks
    this.#at = this.#until = 0
    do {
      chunks.length = 0
      takeChunks(this.#stream, 0, true, chunks)
      for (const chunk of chunks) {
        if (!(chunk instanceof OddChunk) || chunk.isThere) continue
        this.#home().takeValue(chunk.token, { give: noop, fail: noop, lose: noop })
      }
    } while (chunks.length > 0)
  }
}
