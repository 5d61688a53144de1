import { types } from 'node:util'

import test from 'ava'
import fc from 'fast-check'

import { Decoder, Encoder, Verdict } from '../../src/wire/payload/index.js'
import { survey } from '../../src/wire/rare.js'
import { child } from '../support/child.js'
import { identical } from '../support/identical.js'
import { LocalShapes } from '../support/shapes.js'
import { anything, cheap, userCode } from '../support/values.js'

function codec(shapes = new LocalShapes()) {
  const encoder = new Encoder(shapes)
  const decoder = new Decoder(shapes)
  const decode = () => decoder.decode(encoder.bytes, 0, encoder.length)
  return {
    shapes,
    encoder,
    decoder,
    /** The value on the other side. */
    pass(value: unknown): any {
      if (!encoder.encode(value)) throw new Error('declined')
      return decode()
    },
    decode,
  }
}

/** Often enough for an object to be met as a stranger, an acquaintance, a shape, and by compiled functions. */
const SIGHTINGS = 6

test('what is not declined arrives as structuredClone would bring it, and no code of its owner runs', (t) => {
  const { encoder, decode } = codec()
  let encoded = 0
  fc.assert(
    fc.property(anything, (value) => {
      for (let i = 0; i < SIGHTINGS; i++) {
        const { runs } = userCode
        const isEncoded = encoder.encode(value)
        if (userCode.runs !== runs) return false
        if (!isEncoded) continue
        encoded++
        if (!identical(structuredClone(value), decode())) return false
      }
      return true
    }),
    { numRuns: 5000 },
  )
  t.true(encoded > 5000)
})

test('cheap kinds are never declined', (t) => {
  const { encoder, decode } = codec()
  fc.assert(
    fc.property(cheap, (value) => {
      for (let i = 0; i < SIGHTINGS; i++) {
        if (!encoder.encode(value) || !identical(structuredClone(value), decode())) return false
      }
      return true
    }),
    { numRuns: 1500 },
  )
  t.pass()
})

test('a property that turns into a getter is noticed, though the keys are those of a known shape', (t) => {
  const { encoder, pass } = codec()
  for (let i = 0; i < SIGHTINGS; i++) t.deepEqual(pass({ a: i, b: [i] }), { a: i, b: [i] })
  const get = () => t.fail()
  t.false(
    encoder.encode({
      a: 1,
      get b() {
        return get()
      },
    }),
  )
  t.false(encoder.encode(Object.defineProperty([1, 2, 3], 1, { get, enumerable: true })))
  t.deepEqual(pass({ a: 1, b: 2 }), { a: 1, b: 2 })
})

test('a setter on Object.prototype is not called for keys of its name', (t) => {
  const { pass } = codec()
  const set = () => {
    t.fail()
  }
  Object.defineProperty(Object.prototype, 'trap', { configurable: true, set })
  try {
    for (let i = 0; i < SIGHTINGS; i++) {
      const copy = pass({ trap: i })
      t.deepEqual(Object.getOwnPropertyDescriptor(copy, 'trap')!.value, i)
    }
  } finally {
    delete (Object.prototype as { trap?: unknown }).trap
  }
})

test('a value nested 64 deep is encoded, one nested deeper is declined, and the next one is not affected', (t) => {
  const { encoder, pass } = codec()
  const nested = (depth: number) => {
    let value: unknown = 'core'
    for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value }
    return value
  }
  t.deepEqual(pass(nested(64)), nested(64))
  t.false(encoder.encode(nested(65)))
  t.deepEqual(pass(nested(64)), nested(64))
})

test('siblings do not count as depth', (t) => {
  const { pass } = codec()
  const siblings = Array.from({ length: 200 }, (_, i) => ({ list: [i] }))
  t.deepEqual(pass(siblings), siblings)
})

test('what only looks plain is declined, also with the keys of a known shape', (t) => {
  const { encoder } = codec()
  for (let i = 0; i < SIGHTINGS; i++) t.true(encoder.encode({ a: i }))
  t.false(encoder.encode(Object.setPrototypeOf(Object.assign(new Map(), { a: 1 }), null)))
  t.true(encoder.encode(Object.setPrototypeOf({ a: 1 }, null)))
})

test('more than a megabyte is declined, but for one big view', (t) => {
  const { encoder, pass } = codec()
  const big = new Float64Array(1 << 18).fill(0.1)
  t.deepEqual(pass({ big, text: 'beside' }), { big, text: 'beside' })
  t.deepEqual(pass(new Uint8Array(1 << 19).buffer), new Uint8Array(1 << 19).buffer)
  t.is(pass('x'.repeat(1_000_000)).length, 1_000_000)
  t.false(encoder.encode([big, big.slice()]))
  t.false(encoder.encode('x'.repeat((1 << 20) + 1)))
  t.false(encoder.encode('é€'.repeat(300_000)))
  t.false(encoder.encode(Array.from({ length: 300 }, () => 'x'.repeat(5000))))
  t.false(encoder.encode(2n ** (2n ** 23n)))
})

/** Far more than it takes to ask what a value is, and far less than to ask for as many keys. */
const LOOK_MS = 1_000

test('what has many elements in disguise, or many holes, costs no more than to be told what it is', (t) => {
  const { encoder } = codec()
  const bytes = () => new Uint8Array(2e7)
  const text = () => new String('x'.repeat(2e7))
  const sparse = Object.assign([], { 49_999_999: 1 })
  for (const value of [bytes(), text(), new Float64Array(2e6)]) {
    for (const prototype of [null, Object.prototype, Array.prototype]) {
      Object.setPrototypeOf(value, prototype)
      for (const outer of [value, { value }, [value]]) {
        const start = performance.now()
        encoder.encode(outer)
        survey(outer, 1000)
        t.true(performance.now() - start < LOOK_MS, `${types.isStringObject(value) ? 'text' : 'bytes'} of ${prototype}`)
      }
    }
  }
  const start = performance.now()
  t.false(encoder.encode(sparse))
  t.is(survey(sparse, Infinity), Verdict.same)
  t.is(survey(new Map([[1, sparse]]), 1000), Verdict.large)
  t.true(performance.now() - start < LOOK_MS)
})

test('a buffer that one big value needed is not kept', (t) => {
  const { encoder, pass } = codec()
  t.true(encoder.encode(new Uint8Array(8 << 20)))
  t.true(encoder.bytes.length >= 8 << 20)
  encoder.trim()
  t.true(encoder.bytes.length <= 256 << 10)
  t.true(encoder.encode(new Uint8Array(8 << 20)))
  pass(1)
  t.true(encoder.bytes.length <= 256 << 10)
})

test('what was decoded is independent of the bytes', (t) => {
  const { encoder, decode } = codec()
  t.true(encoder.encode([new Uint8Array(64).fill(7), 'x'.repeat(500), 'short']))
  const copy = decode()
  encoder.bytes.fill(0xff)
  t.deepEqual(copy, [new Uint8Array(64).fill(7), 'x'.repeat(500), 'short'])
})

test('a value is read where it lies, also from another buffer and one that is shared', (t) => {
  const { encoder, decoder } = codec()
  const value = { a: 'text', b: [1.5, new Uint16Array([1, 2])] }
  t.true(encoder.encode(value))
  for (const memory of [new ArrayBuffer(4096), new SharedArrayBuffer(4096)]) {
    const bytes = new Uint8Array(memory, 8)
    bytes.set(encoder.bytes.subarray(0, encoder.length), 16)
    t.deepEqual(decoder.decode(bytes, 16, encoder.length), value)
  }
})

test('strings of all lengths keep every character', (t) => {
  const { pass } = codec()
  const wrong: string[] = []
  for (const unit of ['a', '\x00', '\x7f', '\x80', '\xff', '\u0100', '\u20ac', '\ud800', '\udc00', '\u{1f600}']) {
    for (let length = 0; length < 260; length++) {
      for (const text of [unit.repeat(length), 'a'.repeat(length) + unit, unit + 'a'.repeat(length)]) {
        if (pass(text) !== text) wrong.push(text)
      }
    }
  }
  t.deepEqual(wrong, [])
})

test('a shape has a number from its third sighting on, and dictionaries use none up', (t) => {
  const { shapes, pass } = codec()
  for (let i = 0; i < 3000; i++) pass({ [`key ${i}`]: i, [`other ${i}`]: i })
  for (let i = 0; i < 3000; i++) pass({ type: 'entry', [`key ${i}`]: i })
  for (let i = 0; i < SIGHTINGS; i++) pass({ 7: 'seven', 8: 'eight' })
  t.deepEqual(shapes.lists, [])
  for (let i = 0; i < SIGHTINGS; i++) pass({ a: i, b: i })
  t.deepEqual(shapes.lists, ['["a","b"]'])
})

test('where no numbers are left, keys go with the values', (t) => {
  const { shapes, pass } = codec(new LocalShapes(1))
  for (let i = 0; i < SIGHTINGS; i++) {
    t.deepEqual(pass({ a: i }), { a: i })
    t.deepEqual(pass({ b: i }), { b: i })
  }
  t.is(shapes.lists.length, 1)
})

test('more shapes than are remembered arrive all the same', (t) => {
  const shapes = new LocalShapes()
  const decoder = new Decoder(shapes)
  for (let round = 0; round < 3; round++) {
    const encoder = new Encoder(shapes)
    for (let i = 0; i < 1200; i++) {
      const value = { [`key ${round} ${i}`]: i }
      for (let j = 0; j < 3; j++) t.true(encoder.encode(value))
      t.deepEqual(decoder.decode(encoder.bytes, 0, encoder.length), value)
    }
  }
  t.is(shapes.lists.length, 3 * 1024)
})

test('a payload keeps no object alive', async (t) => {
  const { encoder } = codec()
  const references = [5, 50].map((size) => {
    const value = Array.from({ length: size }, () => ({ a: 1 }))
    t.true(encoder.encode(value))
    return new WeakRef(value)
  })
  await new Promise(setImmediate)
  globalThis.gc!()
  t.deepEqual(
    references.map((reference) => reference.deref()),
    [undefined, undefined],
  )
})

test('where code from strings is forbidden, values arrive all the same', async (t) => {
  const execArgv = ['--import=tsx', '--disallow-code-generation-from-strings']
  const { code, stderr } = await child('payload-without-eval', { execArgv })
  t.is(code, 0, stderr)
})
