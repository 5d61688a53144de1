/**
 * Values on their way between isolates. Each is a kind, a number and bytes; `crate/node/src/exchange.rs` moves them.
 * V8's serializer writes what this codec declines. What neither can bring as `structuredClone` would goes by a message
 * port.
 */
import { Buffer } from 'node:buffer'
import { types } from 'node:util'

import { structuredClone } from '../base/intrinsics.js'
import { Exchange, Registers, ValueFlag, ValueKind, Word } from '../native/abi.js'
import { describe, exchanged, native, numbers, words } from '../native/binding.js'
import type { Transferable } from '../base/transferable.js'
import { Decoder, Encoder, type ErrorDescription, type Shapes, Verdict, viewFrom } from './payload/index.js'
import { canSerialize } from '../base/runtime.js'
import { rare } from './rarely.js'

/** A bit in the number of a task's export: the argument is a list of arguments. */
export const SPREAD = 0x40000000
/** Another bit there: there is no message port between the thread and the origin. */
export const PORTLESS = 0x20000000
/** Another bit there: the export has no number, and the argument comes in a pair with the name of the export. */
export const NAMED = 0x10000000
/** Another bit there: the export is a generator, and the argument comes in a pair with the number of the stream. */
export const STREAM = 0x08000000
/** Another bit there: the origin wants to know how far the task has come. */
export const LISTENED = 0x04000000
/** Another bit there: the argument comes in a list, before what carriers have captured. */
export const CARRIED = 0x02000000
/** What is left is the number itself. */
const EXPORT_NUMBER = CARRIED - 1

export const exportNumberOf = (flagged: number): number => flagged & EXPORT_NUMBER

/** For the number of a view's kind: it is the buffer. */
const BUFFER = -1

/** The shapes of objects, by numbers that all isolates of the process know. */
export const shapes: Shapes = {
  numberOf: (keys) => native.shapeNumber(keys),
  keysOf: (number) => native.shapeKeys(number),
}
/** From so many bytes on a view goes by itself. Fewer bytes are cheaper together with what else is in the exchange. */
const LEAST_LONE = 8192
/** Where the core finds a value without asking. A value that does not fit is lent. */
const outgoing = Buffer.from(native.exchange, Exchange.outgoingAt, Exchange.outgoingBytes)
const encoder = new Encoder(shapes, LEAST_LONE, outgoing)
const decoder = new Decoder(shapes)
let lent: Uint8Array | undefined

/** Makes `value` ready to go out with the next native call. Returns false if it has to take the message port. */
export function encode(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      describe(ValueKind.number, value, 0)
      return true
    case 'undefined':
      describe(ValueKind.undefined, 0, 0)
      return true
    case 'boolean':
      describe(value ? ValueKind.true : ValueKind.false, 0, 0)
      return true
  }
  if (value === null) {
    describe(ValueKind.null, 0, 0)
    return true
  }
  if (!encoder.encode(value)) return false
  if (encoder.wholeView !== undefined) {
    native.bring(encoder.wholeView)
    describe(ValueKind.view, encoder.length === 1 ? BUFFER : encoder.bytes[1]!, 0)
    encoder.wholeView = undefined
    return true
  }
  describe(ValueKind.bytes, 0, encoder.length)
  if (encoder.bytes === outgoing) words[Word.lent] = 0
  else lend(encoder.bytes)
  return true
}

/** From about so many bytes on, a message port needs fewer copies. */
const LARGE = 256 << 10
function lend(bytes: Uint8Array): void {
  words[Word.lent] = 1
  if (bytes !== lent) native.lend((lent = bytes))
}

function send(bytes: Buffer): void {
  lend(bytes)
  describe(ValueKind.serialized, 0, bytes.length)
}

/** The value that goes out with the next call, and where its bytes are until then. It is not one that `bring` brings. */
export const sent = (): { kind: ValueKind; number: number; bytes: Uint8Array; length: number } => ({
  kind: words[Word.kind]!,
  number: numbers[Registers.outgoing]!,
  bytes: words[Word.lent] === 1 ? lent! : outgoing,
  length: words[Word.length]!,
})

/** What `sendWritten` would make of a value. */
export const surveyed = (value: unknown, isCloned = false): Verdict =>
  canSerialize ? rare().survey(value, LARGE, { isCloned }) : Verdict.other

/**
 * Makes a value ready to go out that `encode` has declined and of which a survey says that V8's serializer brings it.
 */
export function sendWritten(value: unknown): void {
  send(rare().write(value))
}

/**
 * Makes a value ready to go out that `encode` has declined and for which there is no message port: by the same
 * algorithm, but what only a port can bring (SharedArrayBuffer, MessagePort, Blob, …) cannot be cloned. Buffers on the
 * list are copied, and detached.
 *
 * @throws DataCloneError, and then nothing is detached
 */
export function serialize(value: unknown, list?: readonly Transferable[]): void {
  const unmovable = list?.find((item) => !types.isArrayBuffer(item))
  if (unmovable !== undefined) throw rare().onlyToOwner(rare().nameOf(unmovable))
  const bytes = rare().writeAny(value)
  if (list !== undefined) structuredClone(undefined, { transfer: [...list] as ArrayBuffer[] })
  send(bytes)
}

/**
 * Makes the description of an error ready to go out, without what of it cannot go this way.
 *
 * @param wrap what goes with it, which always can
 */
export function pack(
  description: ErrorDescription | undefined,
  wrap: (reduced: unknown) => unknown = (same) => same,
): void {
  if (packed(wrap(description))) return
  const line = 'at the way between two threads'
  const reduced = description === undefined ? undefined : rare().reduceError(description, canGo, line)
  if (!packed(wrap(reduced))) encode(wrap(undefined))
}

function packed(value: unknown): boolean {
  try {
    if (!encode(value)) serialize(value)
    return true
  } catch {
    return false
  }
}

function canGo(value: unknown): boolean {
  try {
    rare().writeAny(value)
    return true
  } catch {
    return false
  }
}

/** The value that has not fitted into the exchange, in a buffer of its own. */
function filled(length: number): Uint8Array<ArrayBuffer> {
  let bytes = NOTHING
  try {
    // The memory is overwritten at once, so it need not be zeroed.
    const unsafe = Buffer.allocUnsafeSlow(length)
    bytes = unsafe.buffer.byteLength === length ? unsafe : new Uint8Array(length)
  } finally {
    // This also happens if there is no memory for it, because nobody asks for it again.
    native.fill(bytes)
  }
  return bytes
}

const NOTHING = new Uint8Array(0)

/**
 * What a native function has answered: a value of this kind, which is in the exchange; `undefined` if there is none.
 */
export function decodeAnswer(kind: number): unknown {
  return kind < 0 ? undefined : decode(kind, 0, 0, words[Word.second]!)
}

/** As `decode`, of a value whose bytes are in this array, unless they come by `fill`. */
export function decodeIn(bytes: Uint8Array, kind: number, number: number, offset: number, length: number): unknown {
  if (kind === ValueKind.bytes) return decoder.decode(bytes, offset, length)
  if (kind === ValueKind.serialized) return rare().read(bytes.slice(offset, offset + length))
  return decode(kind, number, offset, length)
}

/** The value that has come in; not one of `ValueKind.port`. */
export function decode(kind: number, number: number, offset: number, length: number): unknown {
  switch (kind & ValueFlag.mask) {
    case ValueKind.serialized:
      return rare().read(kind & ValueFlag.large ? filled(length) : exchanged.slice(offset, offset + length))
    case ValueKind.number:
      return number
    case ValueKind.true:
      return true
    case ValueKind.false:
      return false
    case ValueKind.null:
      return null
    case ValueKind.bytes:
      if (kind & ValueFlag.large) return decoder.decode(filled(length), 0, length)
      return decoder.decode(exchanged, offset, length)
    case ValueKind.view:
      return viewFrom(filled(length).buffer, number)
    default:
      return undefined
  }
}
