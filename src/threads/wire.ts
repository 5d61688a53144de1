/**
 * Values on their way between isolates. Each is a kind, a number and bytes; `crate/node/src/remote.rs` moves them. What this
 * codec declines goes by a message port, where V8 clones it.
 */
import { exchanged, native } from '../binding.js'
import { Decoder, Encoder, type Shapes } from '../payload/index.js'

export const enum Kind {
  undefined,
  number,
  true,
  false,
  null,
  /** Made by `Encoder`. */
  bytes,
  /** It comes by the message port. */
  port,
  mask = 0xff,
  /** Its bytes did not fit into the exchange. */
  large = 0x100,
  /** It is what a task failed with. */
  failed = 0x200,
}

/** In the number of a task's export: its argument is a list of arguments. */
export const SPREAD = 0x40000000

/** What `encode` has made last. */
export const outgoing = { kind: Kind.undefined as Kind, number: 0, length: 0 }

/** The shapes of objects, by numbers that all isolates of the process know. */
const shapes: Shapes = {
  numberOf: (keys) => native.shapeNumber(keys),
  keysOf: (number) => native.shapeKeys(number),
}
const encoder = new Encoder(shapes)
const decoder = new Decoder(shapes)
let lent: Uint8Array | undefined

/** Makes `value` ready to go out. False: it has to take the message port. */
export function encode(value: unknown): boolean {
  outgoing.length = 0
  outgoing.number = 0
  switch (typeof value) {
    case 'number':
      outgoing.kind = Kind.number
      outgoing.number = value
      return true
    case 'undefined':
      outgoing.kind = Kind.undefined
      return true
    case 'boolean':
      outgoing.kind = value ? Kind.true : Kind.false
      return true
  }
  if (value === null) {
    outgoing.kind = Kind.null
    return true
  }
  if (!encoder.encode(value)) {
    outgoing.kind = Kind.port
    return false
  }
  outgoing.kind = Kind.bytes
  outgoing.length = encoder.length
  if (encoder.bytes !== lent) native.lend((lent = encoder.bytes))
  return true
}

/** The value that has come in; not one of `Kind.port`. */
export function decode(kind: number, number: number, offset: number, length: number): unknown {
  switch (kind & Kind.mask) {
    case Kind.number:
      return number
    case Kind.true:
      return true
    case Kind.false:
      return false
    case Kind.null:
      return null
    case Kind.bytes:
      if (kind & Kind.large) return decoder.decode(new Uint8Array(native.large()), 0, length)
      return decoder.decode(exchanged, offset, length)
    default:
      return undefined
  }
}
