import test from 'ava'

import { Decoder } from '../../src/wire/payload/index.js'
import { READERS, fuzz } from '../support/fuzz.js'
import { LocalShapes } from '../support/shapes.js'

/** `npm run fuzz` takes longer. */
const MS = 600

for (const reader of READERS) {
  test(`bytes that no encoder has made give a value or a clear error: ${reader.name}`, (t) => {
    const end = performance.now() + MS
    const seed = Date.now() & 0x7fffffff
    t.log(`seed ${seed}`)
    t.true(fuzz(reader, seed, () => performance.now() >= end) > 0)
  })
}

/** Of a payload that begins with these bytes: what a decoder says, and how much memory it asks for. */
function read(bytes: readonly number[]): { message: string; asked: number } {
  const payload = Uint8Array.from(bytes)
  const held = process.memoryUsage().arrayBuffers
  try {
    new Decoder(new LocalShapes()).decode(payload, 0, payload.length)
  } catch (error) {
    const asked = process.memoryUsage().arrayBuffers - held
    return { message: error instanceof RangeError ? error.message : `no RangeError: ${String(error)}`, asked }
  }
  return { message: 'a value', asked: 0 }
}

const FAR = [0xff, 0xff, 0xff, 0x7f]

test('a length that the bytes cannot hold is not believed', (t) => {
  const heads = {
    'a string': [0x09],
    'a wide string': [0x0a],
    'a list': [0x0b],
    'a buffer': [0x0e],
    'a view': [0x0f, 8],
  }
  for (const [name, head] of Object.entries(heads)) {
    const { message, asked } = read([...head, ...FAR, 1, 2, 3])
    t.is(message, 'a payload is cut off', name)
    t.true(asked < 100_000, `${name}: ${asked} bytes`)
  }
})

test('what a payload cannot have is refused with a RangeError that says so', (t) => {
  t.is(read([0x30]).message, 'a payload has the unknown tag 48')
  t.is(read([0x0c, 7, 0]).message, 'a payload has an object of the unknown shape 7')
  t.is(read([0x0d, 1, 0x01, 0x02]).message, 'a payload has a key that is no string')
  t.is(read([0x0f, 99, 0, 0, 0, 0]).message, 'a payload has a view of an unknown kind')
  t.is(read([0x07, 0x41, 0x78]).message, 'a payload has a bigint that is no number')
  t.is(read([0x00, 0x00]).message, 'a payload does not end where it should')
  t.is(read([0x45, 0x61]).message, 'a payload does not end where it should')
  const nested = Array.from({ length: 100_000 }, () => [0x0b, 1, 0, 0, 0]).flat()
  t.is(read([...nested, 0]).message, 'a payload is nested too deep')
})

test('a decoder that has failed reads the next payload', (t) => {
  const decoder = new Decoder(new LocalShapes())
  t.throws(() => decoder.decode(Uint8Array.of(0x0b, ...FAR), 0, 5), { instanceOf: RangeError })
  t.is(decoder.decode(Uint8Array.of(0x04, 7, 0, 0, 0), 0, 5), 7)
})
