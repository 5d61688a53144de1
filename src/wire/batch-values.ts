/** The arguments of a batch: as `values.ts` makes one value ready, written into arrays that go out whole. */
import { ArgumentRow, Batching, ValueKind } from '../native/abi.js'
import { Encoder } from './payload/index.js'
import { shapes, sent } from './values.js'

const encoder = new Encoder(shapes)

/** So many bytes are copied one by one: a call that copies more of them at once costs more than that. */
const FEW = 48

/** An array by which up to `Batching.heldAtOnce` calls are handed in. */
export class Chunk {
  words!: Int32Array
  bytes!: Uint8Array
  count = 0
  #floats!: Float64Array
  /** Where the next bytes go. */
  #end: number

  /** @param most rows */
  constructor(readonly most: number) {
    this.#end = (Batching.batchHead + most * Batching.argument) * Int32Array.BYTES_PER_ELEMENT
    this.#view(new ArrayBuffer(this.#end + most * 32))
  }

  #view(buffer: ArrayBuffer): void {
    this.words = new Int32Array(buffer)
    this.bytes = new Uint8Array(buffer)
    this.#floats = new Float64Array(buffer)
  }

  row(kind: ValueKind, number: number, bytes: Uint8Array | undefined, length: number): void {
    const at = Batching.batchHead + this.count++ * Batching.argument
    if (length > 0) this.#write(bytes!, length)
    const { words } = this
    this.#floats[at / 2] = number
    words[at + ArgumentRow.kind] = kind
    words[at + ArgumentRow.offset] = this.#end - length
    words[at + ArgumentRow.length] = length
  }

  #write(from: Uint8Array, length: number): void {
    const end = this.#end + length
    if (end > this.bytes.length) {
      const bigger = new ArrayBuffer(Math.ceil(end / 8) * 16)
      new Uint8Array(bigger).set(this.bytes)
      this.#view(bigger)
    }
    const { bytes } = this
    if (length > FEW) bytes.set(from.subarray(0, length), this.#end)
    else for (let i = 0, at = this.#end; i < length; i++) bytes[at + i] = from[i]!
    this.#end = end
  }
}

/** Writes the arguments of a batch in their order. */
export class BatchWriter {
  readonly chunks: Chunk[] = []
  #left: number
  #chunk: Chunk | undefined

  constructor(count: number) {
    this.#left = count
  }

  /** The chunk of the next row. */
  #next(): Chunk {
    let chunk = this.#chunk
    if (chunk === undefined || chunk.count === chunk.most) {
      chunk = new Chunk(Math.min(this.#left, Batching.heldAtOnce))
      this.#left -= chunk.most
      this.chunks.push(chunk)
      this.#chunk = chunk
    }
    return chunk
  }

  /** Writes a value. Returns false if it has to go another way. */
  add(value: unknown): boolean {
    switch (typeof value) {
      case 'number':
        return this.#plain(ValueKind.number, value)
      case 'undefined':
        return this.#plain(ValueKind.undefined, 0)
      case 'boolean':
        return this.#plain(value ? ValueKind.true : ValueKind.false, 0)
    }
    if (value === null) return this.#plain(ValueKind.null, 0)
    if (!encoder.encode(value)) return false
    this.#next().row(ValueKind.bytes, 0, encoder.bytes, encoder.length)
    return true
  }

  #plain(kind: ValueKind, number: number): true {
    this.#next().row(kind, number, undefined, 0)
    return true
  }

  /** The value comes by a message port. */
  addPort(): void {
    this.#plain(ValueKind.port, 0)
  }

  /** Writes the value that has been made ready to go out with the next native call. */
  addSent(): void {
    const { kind, number, bytes, length } = sent()
    this.#next().row(kind, number, bytes, length)
  }
}
