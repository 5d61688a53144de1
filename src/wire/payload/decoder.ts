import { Buffer } from 'node:buffer'

import { Date } from '../../base/intrinsics.js'
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
  MAX_SHAPES,
  NULL,
  ONE_BYTE_STRING,
  SHAPED_OBJECT,
  SHORT_STRING,
  TRUE,
  TWO_BYTE_STRING,
  UNDEFINED,
  VIEW,
} from './format.js'
import { Maker } from './maker.js'
import type { Shapes } from './shapes.js'
import { shortStringReader } from './short-strings.js'
import { VIEW_KINDS } from './views.js'

/** The methods behind `Buffer#toString`, without its reading of the encoding's name. */
interface RawBuffer extends Buffer {
  latin1Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
}

// They are taken when this file is loaded, because libraries replace them.
const { ArrayBuffer, DataView, Uint8Array } = globalThis

const NOTHING = Buffer.alloc(0) as RawBuffer

/** `BigInt` reads more than an encoder writes, and throws a SyntaxError. */
const HEXADECIMAL = /^-?[\da-f]+$/

/**
 * Turns what an `Encoder` made back into values. The values share nothing with the bytes, which can be used again.
 *
 * Bytes that no encoder has made end with a RangeError, or give some value. Each step takes at least one byte, and no
 * length is believed that does not fit into the bytes that are left. A read beyond the end is noticed at the end.
 */
export class Decoder {
  private source: Uint8Array = NOTHING
  private raw = NOTHING
  private view = new DataView(NOTHING.buffer)
  private at = 0
  private end = 0
  private makers: (Maker | undefined)[] = []
  private made = 0

  constructor(private readonly shapes: Shapes) {}

  /**
   * @param offset where the encoded value begins
   * @param length how many bytes it has
   * @throws RangeError if these bytes are not an encoded value
   */
  decode(bytes: Uint8Array, offset: number, length: number): unknown {
    if (bytes !== this.source) this.read(bytes)
    this.at = offset
    this.end = offset + length
    try {
      const value = this.next()
      if (this.at !== this.end) throw new RangeError('a payload does not end where it should')
      return value
    } catch (error) {
      throw isStackOverflow(error) ? new RangeError('a payload is nested too deep') : error
    } finally {
      if (bytes.length > KEPT_BYTES) this.read(NOTHING)
    }
  }

  /** @internal The value that comes next. For makers. */
  next(): unknown {
    const tag = this.raw[this.at++]!
    if (tag >= SHORT_STRING) return this.shortString(tag - SHORT_STRING)
    switch (tag) {
      case INTEGER:
        return this.view.getInt32((this.at += 4) - 4, true)
      case DOUBLE:
        return this.double()
      case SHAPED_OBJECT:
        return this.maker(this.view.getUint16((this.at += 2) - 2, true)).make(this)
      case TRUE:
        return true
      case FALSE:
        return false
      case NULL:
        return null
      case UNDEFINED:
        return undefined
      case ONE_BYTE_STRING: {
        const size = this.size()
        return this.raw.latin1Slice(this.at, (this.at += size))
      }
      case TWO_BYTE_STRING: {
        const size = this.size()
        return this.raw.ucs2Slice(this.at, (this.at += size))
      }
      case ARRAY:
        return this.array()
      case KEYED_OBJECT:
        return this.keyedObject()
      case DATE:
        return new Date(this.double())
      case BIGINT:
        return this.view.getBigInt64((this.at += 8) - 8, true)
      case LONG_BIGINT:
        return this.longBigint()
      case VIEW:
        return this.arrayBufferView()
      case ARRAY_BUFFER:
        return this.arrayBuffer()
      default:
        throw new RangeError(`a payload has the unknown tag ${tag}`)
    }
  }

  private read(bytes: Uint8Array): void {
    this.raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as RawBuffer
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.source = bytes
  }

  /** A number of bytes, or of values of one byte at least, that follow. */
  private size(): number {
    const size = this.view.getUint32((this.at += 4) - 4, true)
    if (size > this.end - this.at) throw new RangeError('a payload is cut off')
    return size
  }

  private double(): number {
    return this.view.getFloat64((this.at += 8) - 8, true)
  }

  private shortString(length: number): string {
    const start = this.at
    const end = (this.at = start + length)
    const read = shortStringReader(length)
    return read === undefined ? this.raw.latin1Slice(start, end) : read(this.raw, start)
  }

  private longBigint(): bigint {
    const digits = this.next()
    if (typeof digits !== 'string' || !HEXADECIMAL.test(digits)) {
      throw new RangeError('a payload has a bigint that is no number')
    }
    return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`)
  }

  private array(): unknown[] {
    const length = this.size()
    const array: unknown[] = []
    for (let i = 0; i < length; i++) array.push(this.next())
    return array
  }

  private keyedObject(): object {
    // Without a prototype there is nothing under any key, `__proto__` included, and no hidden class for each new key.
    const object = Object.create(null) as Record<string, unknown>
    for (let left = this.raw[this.at++]!; left > 0; left--) {
      const key = this.next()
      if (typeof key !== 'string') throw new RangeError('a payload has a key that is no string')
      object[key] = this.next()
    }
    return Object.setPrototypeOf(object, Object.prototype) as object
  }

  private arrayBufferView(): ArrayBufferView {
    const kind = VIEW_KINDS[this.raw[this.at++]!]
    if (kind === undefined) throw new RangeError('a payload has a view of an unknown kind')
    return kind.make(this.arrayBuffer())
  }

  private arrayBuffer(): ArrayBuffer {
    const size = this.size()
    const buffer = new ArrayBuffer(size)
    new Uint8Array(buffer).set(this.raw.subarray(this.at, (this.at += size)))
    return buffer
  }

  private maker(shape: number): Maker {
    const known = this.makers[shape]
    if (known !== undefined) return known
    if (this.made++ >= MAX_SHAPES) {
      this.makers = []
      this.made = 1
    }
    const keys = this.shapes.keysOf(shape)
    if (keys === undefined || keys === '') throw new RangeError(`a payload has an object of the unknown shape ${shape}`)
    return (this.makers[shape] = new Maker(JSON.parse(keys) as string[]))
  }
}

const isStackOverflow = (error: unknown): boolean => error instanceof RangeError && error.message.includes('call stack')
