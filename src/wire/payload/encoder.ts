import { Buffer } from 'node:buffer'
import { types } from 'node:util'
import {
  ARRAY,
  ARRAY_BUFFER,
  BIGINT,
  DATE,
  DOUBLE,
  FALSE,
  INTEGER,
  KEPT_BYTES,
  KEYED_OBJECT,
  LONG_BIGINT,
  MAX_BYTES,
  MAX_DEPTH,
  MAX_KEYS,
  MAX_LENGTH,
  MAX_SHORT_STRING,
  MAX_VIEW_BYTES,
  NULL,
  ONE_BYTE_STRING,
  SHAPED_OBJECT,
  SHORT_STRING,
  TRUE,
  TWO_BYTE_STRING,
  UNDEFINED,
  VIEW,
} from './format.js'
import { hasElements, isOrdinary } from './ordinary.js'
import { Seen } from './seen.js'
import { KnownShapes, type Shapes } from './shapes.js'
import { bufferOf, bytesOfView, isPlainBuffer, kindOfView } from './views.js'

const { isAnyArrayBuffer, isDate, isProxy, isSharedArrayBuffer } = types
const { getPrototypeOf, keys: keysOf, prototype: plain } = Object
const { isArray } = Array
const { isView } = ArrayBuffer
const { DataView, Uint8Array } = globalThis
const { getTime } = Date.prototype

// Tells whether a read would run a getter, without running it and without making a descriptor: a third of the price.
// A data property has none; an accessor without a getter reads as undefined, as it does for structuredClone.
const { __lookupGetter__: getterOf } = plain as unknown as { __lookupGetter__(this: object, key: PropertyKey): unknown }

const FIRST_BYTES = 4096
/** The most that a value takes before its contents: tag, kind, length. */
const HEAD = 16

/** The methods behind `Buffer#write`, without its reading of the encoding's name. */
interface RawBuffer extends Buffer {
  utf8Write(text: string, offset: number, length: number): number
  ucs2Write(text: string, offset: number, length: number): number
}

function allocate(size: number): RawBuffer {
  return Buffer.allocUnsafeSlow(size) as RawBuffer
}

const viewOf = ({ buffer, byteOffset, length }: RawBuffer): DataView => new DataView(buffer, byteOffset, length)

/**
 * Turns a value into bytes, or declines. The bytes decode to what `structuredClone` of the value would give. If it
 * declines, nothing has happened, and the value can go another way. No code of the user ever runs: a value that has a
 * getter or is a Proxy is declined before it is touched. So is every object that occurs twice, and every kind of object
 * that is not cheap.
 *
 * @example
 * if (encoder.encode(value)) send(encoder.bytes, encoder.length)
 */
export class Encoder {
  /** The encoded value is in the first `length` bytes, until the next `encode`, which may replace the buffer. */
  bytes: Uint8Array
  /** Bytes of the encoded value. */
  length = 0
  /**
   * If the value is one view or buffer of many bytes, these are its bytes, where they are, until the next `encode`.
   * Then `bytes` holds only their head, as in `format.ts`.
   */
  wholeView: Uint8Array | undefined

  private raw: RawBuffer
  private view: DataView
  private limit = MAX_BYTES
  private depth = 0
  private readonly seen = new Seen()
  private readonly shapes: KnownShapes
  private readonly first: RawBuffer

  /**
   * `leastView`: from how many bytes on a view or buffer that is the whole value is not copied. `first`: where values
   * are written that fit into it, but for those that follow a larger one.
   */
  constructor(
    shapes: Shapes,
    private readonly leastView = Infinity,
    first: Buffer = allocate(FIRST_BYTES),
  ) {
    this.shapes = new KnownShapes(shapes)
    this.first = first as RawBuffer
    this.bytes = this.raw = this.first
    this.view = viewOf(this.raw)
  }

  /** Whether the value is now in `bytes`. */
  encode(value: unknown): boolean {
    this.trim()
    this.length = 0
    this.depth = 0
    this.limit = MAX_BYTES
    this.wholeView = undefined
    // A call that threw has left some behind.
    this.seen.clear()
    const encoded = this.value(value)
    this.seen.clear()
    if (!encoded) this.length = 0
    return encoded
  }

  /** Drops a buffer that is too big to be kept. `encode` does so, too; call it when no other may follow soon. */
  trim(): void {
    if (this.raw.length > KEPT_BYTES) this.replace(this.first)
  }

  /** @internal Writes a value. For shapes. */
  value(value: unknown): boolean {
    if (this.length + HEAD > this.raw.length && !this.grow(HEAD)) return false
    switch (typeof value) {
      case 'number':
        this.number(value)
        return true
      case 'string':
        return this.string(value)
      case 'object':
        return value === null ? this.tag(NULL) : this.object(value)
      case 'undefined':
        return this.tag(UNDEFINED)
      case 'boolean':
        return this.tag(value ? TRUE : FALSE)
      case 'bigint':
        return this.bigint(value)
      default:
        return false
    }
  }

  private tag(tag: number): boolean {
    this.raw[this.length++] = tag
    return true
  }

  private head(tag: number, length: number): void {
    this.raw[this.length] = tag
    this.view.setUint32(this.length + 1, length, true)
    this.length += 5
  }

  private number(value: number): void {
    const at = this.length
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      this.raw[at] = INTEGER
      this.view.setInt32(at + 1, value, true)
      this.length = at + 5
    } else {
      this.double(DOUBLE, value)
    }
  }

  private double(tag: number, value: number): boolean {
    this.raw[this.length] = tag
    this.view.setFloat64(this.length + 1, value, true)
    this.length += 9
    return true
  }

  private bigint(value: bigint): boolean {
    if (BigInt.asIntN(64, value) === value) {
      this.raw[this.length] = BIGINT
      this.view.setBigInt64(this.length + 1, value, true)
      this.length += 9
      return true
    }
    this.tag(LONG_BIGINT)
    return this.string(value.toString(16))
  }

  private string(text: string): boolean {
    const length = text.length
    if (length > MAX_SHORT_STRING) return this.longString(text)
    if (this.length + HEAD + length > this.raw.length && !this.grow(HEAD + length)) return false
    const at = this.length + 1
    const raw = this.raw
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0xff) return this.wideString(text)
      raw[at + i] = unit
    }
    raw[at - 1] = SHORT_STRING + length
    this.length = at + length
    return true
  }

  private longString(text: string): boolean {
    const length = text.length
    if (this.length + HEAD + length > this.raw.length && !this.grow(HEAD + length)) return false
    // All ASCII if it takes as many bytes as it has characters. With four bytes to spare, the longest character of all,
    // a string that takes more cannot stop there.
    if (this.raw.utf8Write(text, this.length + 5, length + 4) !== length) return this.wideString(text)
    this.head(ONE_BYTE_STRING, length)
    this.length += length
    return true
  }

  private wideString(text: string): boolean {
    const size = text.length * 2
    if (this.length + HEAD + size > this.raw.length && !this.grow(HEAD + size)) return false
    this.head(TWO_BYTE_STRING, size)
    this.raw.ucs2Write(text, this.length, size)
    this.length += size
    return true
  }

  private object(value: object): boolean {
    if (isProxy(value)) return false
    const prototype = getPrototypeOf(value) as object | null
    if (prototype === plain || prototype === null) return this.nest(value, prototype === null)
    if (isArray(value)) return this.nest(value, false)
    if (isView(value)) return this.arrayBufferView(value)
    if (isDate(value)) return this.seen.add(value) && this.double(DATE, getTime.call(value))
    return isAnyArrayBuffer(value) && !isSharedArrayBuffer(value) && this.arrayBuffer(value)
  }

  private nest(value: object, isBare: boolean): boolean {
    if (this.depth >= MAX_DEPTH || !this.seen.add(value)) return false
    this.depth++
    const encoded = isArray(value) ? this.array(value) : this.properties(value, isBare)
    this.depth--
    return encoded
  }

  private properties(value: object, isBare: boolean): boolean {
    // Something with elements in disguise has a key for each of them. Nothing else is asked of objects without the
    // first one.
    if (0 in value && hasElements(value)) return false
    const keys = keysOf(value)
    const count = keys.length
    if (count > MAX_KEYS) return false
    const shape = this.shapes.find(keys)
    if (shape === undefined) return isOrdinary(value) && this.keyed(value, keys)
    if (isBare && !isOrdinary(value)) return false
    this.raw[this.length] = SHAPED_OBJECT
    this.view.setUint16(this.length + 1, shape.number, true)
    this.length += 3
    return shape.write(value, this, getterOf)
  }

  private keyed(value: object, keys: readonly string[]): boolean {
    const count = keys.length
    this.raw[this.length] = KEYED_OBJECT
    this.raw[this.length + 1] = count
    this.length += 2
    for (let i = 0; i < count; i++) {
      const key = keys[i]!
      if (getterOf.call(value, key) !== undefined || !this.string(key)) return false
      if (!this.value((value as Record<string, unknown>)[key])) return false
    }
    return true
  }

  private array(value: readonly unknown[]): boolean {
    const { length } = value
    if (length > MAX_LENGTH) return false
    const keys = keysOf(value)
    // Indexes come first and ascend: as many keys as elements, with the last index in its place, are all the indexes.
    if (keys.length !== length || (length > 0 && keys[length - 1] !== String(length - 1))) return false
    this.head(ARRAY, length)
    for (let i = 0; i < length; i++) {
      if (getterOf.call(value, i) !== undefined || !this.value(value[i])) return false
    }
    return true
  }

  private arrayBufferView(view: ArrayBufferView): boolean {
    const kind = kindOfView(view)
    if (kind < 0) return false
    const buffer = bufferOf(view, kind)
    // The buffer is what can be shared: a view that is met twice is one whose buffer is.
    if (isSharedArrayBuffer(buffer) || !isPlainBuffer(buffer) || !this.seen.add(buffer)) return false
    this.raw[this.length++] = VIEW
    this.raw[this.length++] = kind
    return this.rawBytes(bytesOfView(view, kind, buffer))
  }

  private arrayBuffer(buffer: ArrayBuffer): boolean {
    if (!isPlainBuffer(buffer) || !this.seen.add(buffer)) return false
    this.raw[this.length++] = ARRAY_BUFFER
    return this.rawBytes(new Uint8Array(buffer))
  }

  private rawBytes(source: Uint8Array): boolean {
    const size = source.length
    // With so little before it, it is in nothing else.
    if (size >= this.leastView && this.length <= 2) {
      if (size > MAX_VIEW_BYTES) return false
      this.wholeView = source
      return true
    }
    if (this.limit === MAX_BYTES && this.length + HEAD + size > MAX_BYTES) {
      if (size > MAX_VIEW_BYTES) return false
      this.limit += size
    }
    if (this.length + HEAD + size > this.raw.length && !this.grow(HEAD + size)) return false
    this.view.setUint32(this.length, size, true)
    this.length += 4
    this.raw.set(source, this.length)
    this.length += size
    return true
  }

  private grow(needed: number): boolean {
    const size = this.length + needed
    if (size > this.limit) return false
    try {
      const bigger = allocate(size > KEPT_BYTES ? size + (MAX_BYTES >> 3) : Math.min(KEPT_BYTES, size * 2))
      bigger.set(this.raw.subarray(0, this.length))
      this.replace(bigger)
      return true
    } catch {
      return false // no memory for it here; the other way may find some, or says so
    }
  }

  private replace(raw: RawBuffer): void {
    this.bytes = this.raw = raw
    this.view = viewOf(raw)
  }
}
