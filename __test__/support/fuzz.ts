/** Bytes that no encoder has made, for everything that reads bytes of another isolate. */
import fc from 'fast-check'

import { exchanged } from '../../src/native/binding.js'
import { ValueKind } from '../../src/native/abi.js'
import { Decoder, Encoder } from '../../src/wire/payload/index.js'
import { describeError, reviveError } from '../../src/wire/rare.js'
import { read, writeAny } from '../../src/wire/serialization.js'
import { decode } from '../../src/wire/values.js'
import { LocalShapes } from './shapes.js'
import { anything, cheap } from './values.js'

/** Something that reads bytes. */
export interface Reader {
  readonly name: string
  /** Bytes that are as they should be: what is tried is made of them. */
  seeds(random: Random): Uint8Array[]
  read(bytes: Uint8Array, random: Random): unknown
  /** Whether it may end with this error. */
  isClear(error: unknown): boolean
}

/** Whole numbers below `limit`, by a seed: mulberry32. */
type Random = (limit: number) => number
function randomOf(seed: number): Random {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

const shapes = new LocalShapes()
const encoder = new Encoder(shapes)
const decoder = new Decoder(shapes)
const SEEDS = 60

function sample(arbitrary: fc.Arbitrary<unknown>, random: Random): unknown[] {
  return fc.sample(arbitrary, { numRuns: SEEDS, seed: random(2 ** 31) })
}

/** Several times, so that objects get shapes. */
function encoded(value: unknown): Uint8Array[] {
  for (let sighting = 0; sighting < 4; sighting++) if (!encoder.encode(value)) return []
  return [encoder.bytes.slice(0, encoder.length)]
}

function written(value: unknown): Uint8Array[] {
  try {
    return [new Uint8Array(writeAny(value))]
  } catch {
    return []
  }
}

const errors = fc.tuple(cheap, fc.string(), fc.string()).map(([value, message, code]) => {
  const cause = new TypeError(code, { cause: value })
  return Object.assign(new AggregateError([cause, value], message, { cause }), { code, value })
})

const isRangeError = (error: unknown): boolean => error instanceof RangeError && error.message !== ''
const isError = (error: unknown): boolean => error instanceof Error && error.message !== ''

/** Its first bytes are not the first ones of their buffer, nor its last ones the last. */
function inSurroundings(bytes: Uint8Array, random: Random): [whole: Uint8Array, offset: number] {
  const offset = random(20)
  const whole = new Uint8Array(offset + bytes.length + random(40)).fill(random(256))
  whole.set(bytes, offset)
  return [whole, offset]
}

export const READERS: readonly Reader[] = [
  {
    name: 'payloads',
    seeds: (random) => sample(cheap, random).flatMap(encoded),
    read(bytes, random) {
      const [whole, offset] = inSurroundings(bytes, random)
      return decoder.decode(whole, offset, bytes.length)
    },
    isClear: isRangeError,
  },
  {
    name: 'descriptions of errors',
    seeds: (random) =>
      sample(errors, random).flatMap((error) => encoded(describeError(error, 'at the way between two threads'))),
    read: (bytes) => reviveError(decoder.decode(bytes, 0, bytes.length) as never, [TypeError]),
    isClear: isError,
  },
  {
    name: 'what V8 has serialized',
    seeds: (random) => sample(anything, random).flatMap(written),
    read: (bytes) => read(bytes),
    isClear: isError,
  },
  {
    name: 'the exchange',
    seeds: (random) => [...sample(cheap, random).flatMap(encoded), ...sample(anything, random).flatMap(written)],
    read(bytes, random) {
      const length = Math.min(bytes.length, exchanged.length)
      const offset = random(exchanged.length - length + 1)
      exchanged.set(bytes.subarray(0, length), offset)
      return decode(random(2) === 0 ? ValueKind.bytes : ValueKind.serialized, 0, offset, length)
    },
    isClear: isError,
  },
]

/** Tags, and bytes at the ends of ranges. */
const BYTES = [0x00, 0x01, 0x07, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0xff]
const LENGTHS = [0, 1, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
/** A list of one, and how often it can be around itself. */
const LIST = [0x0b, 1, 0, 0, 0]
const MOST_NESTED = 40_000

const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const CHANGES: readonly ((bytes: Uint8Array, other: Uint8Array, random: Random) => Uint8Array)[] = [
  function flipBit(bytes, _, random) {
    if (bytes.length > 0) bytes[random(bytes.length)]! ^= 1 << random(8)
    return bytes
  },
  function setByte(bytes, _, random) {
    if (bytes.length > 0) bytes[random(bytes.length)] = BYTES[random(BYTES.length)]!
    return bytes
  },
  function setLength(bytes, _, random) {
    if (bytes.length < 4) return bytes
    const length = random(2) === 0 ? LENGTHS[random(LENGTHS.length)]! : random(bytes.length + 2)
    new DataView(bytes.buffer).setUint32(random(bytes.length - 3), length, true)
    return bytes
  },
  function cutOff(bytes, _, random) {
    return bytes.slice(0, random(bytes.length + 1))
  },
  function takeOut(bytes, _, random) {
    const from = random(bytes.length + 1)
    return joined(bytes.subarray(0, from), bytes.subarray(from + random(8)))
  },
  function repeat(bytes, _, random) {
    const from = random(bytes.length + 1)
    const to = from + random(16)
    return joined(bytes.subarray(0, to), bytes.subarray(from))
  },
  function putTogether(bytes, other, random) {
    return joined(bytes.subarray(0, random(bytes.length + 1)), other.subarray(random(other.length + 1)))
  },
  function putIn(bytes, _, random) {
    const at = random(bytes.length + 1)
    const added = Uint8Array.from({ length: random(12) }, () => random(256))
    return joined(bytes.subarray(0, at), added, bytes.subarray(at))
  },
  function nest(bytes, _, random) {
    const levels = random(20) === 0 ? random(MOST_NESTED) : random(100)
    return joined(
      Uint8Array.from({ length: levels * LIST.length }, (__, i) => LIST[i % LIST.length]!),
      bytes,
    )
  },
]

/** Memory that may be asked for beside what the bytes hold. */
const SLACK = 1 << 20
const MOST_MS = 1_000

/** What is wrong with how these bytes are read, if anything is. */
function problemOf(reader: Reader, bytes: Uint8Array, random: Random): string | undefined {
  const held = process.memoryUsage().arrayBuffers
  const start = performance.now()
  try {
    reader.read(bytes, random)
  } catch (error) {
    if (!reader.isClear(error)) return `ends with ${String(error)}`
  }
  const ms = performance.now() - start
  if (ms > MOST_MS) return `takes ${ms} ms`
  const grown = process.memoryUsage().arrayBuffers - held
  return grown > bytes.length * 4 + SLACK ? `asks for ${grown} bytes` : undefined
}

/** Reads bytes until `isOver`; gives how many values there were. Throws at the first one that is read as it must not be. */
export function fuzz(reader: Reader, seed: number, isOver: () => boolean): number {
  const random = randomOf(seed)
  const seeds = reader.seeds(random)
  let count = 0
  while (!isOver()) {
    let bytes: Uint8Array = seeds[random(seeds.length)]!.slice()
    for (let changes = 1 + random(4); changes > 0; changes--) {
      bytes = CHANGES[random(CHANGES.length)]!(bytes, seeds[random(seeds.length)]!, random)
    }
    const problem = problemOf(reader, bytes, random)
    if (problem !== undefined) {
      const shown = Buffer.from(bytes.subarray(0, 200)).toString('hex')
      throw new Error(`${reader.name}, seed ${seed}: ${problem}; ${bytes.length} bytes: ${shown}`)
    }
    count++
  }
  return count
}
