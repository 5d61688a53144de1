import vm from 'node:vm'

import fc from 'fast-check'

/** How often code of a generated value's owner has run. */
export const userCode = { runs: 0 }

function ran(): undefined {
  userCode.runs++
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
)
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'name', 'id') },
  fc.constantFrom('__proto__', 'constructor', 'toString', 'length', '', '0', '1', '17', '-1', '01', '4294967295', 'é'),
  text,
)
const primitive = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(undefined, null, true, false, 0, -0, NaN, Infinity, 2 ** 31, -(2 ** 31), 2 ** 53),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
  text,
)

/** Of typed arrays. */
export const CLASSES = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]
const contents = fc.uint8Array({ maxLength: 10 }).map((bytes) => bytes.slice().buffer as ArrayBuffer)
const view = fc.oneof(
  fc
    .tuple(fc.constantFrom(...CLASSES), fc.nat(2), fc.nat(3))
    .map(([View, from, length]) => new View(new ArrayBuffer(64), from * 8, length)),
  contents.map((buffer) => Buffer.from(buffer)), // not from the pool: such Buffers share their memory
  contents.map((buffer) => new DataView(buffer, Math.min(1, buffer.byteLength))),
  contents.map((buffer) => new Uint8Array(buffer)),
)
const date = fc.date({ noInvalidDate: false })

function object(entries: [string, unknown][], isBare: boolean): object {
  const target = Object.fromEntries(entries)
  return isBare ? Object.setPrototypeOf(target, null) : target
}

/** Trees of the kinds that must never be declined. */
export const cheap: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 5, depthSize: 'small' }, primitive, date, view, contents, tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 12 }),
  object: fc
    .tuple(fc.array(fc.tuple(key, tie('any')), { maxLength: 12 }), fc.boolean())
    .map(([entries, isBare]) => object(entries, isBare)),
})).any

class Point {
  constructor(readonly x: unknown) {}
  get twice() {
    return ran()
  }
}
class List extends Array<unknown> {}
class Bytes extends Uint8Array {}

function argumentsOf(...values: unknown[]): object {
  return (function () {
    return arguments
  })(...(values as []))
}

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

const traps = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map((name) => [
    name,
    (...args: unknown[]) => {
      ran()
      return Reflect.apply(Reflect[name as keyof typeof Reflect] as () => unknown, undefined, args)
    },
  ]),
)

/** Everything that can be made around other values. `a` and `b` may be made before, so they may be met again. */
const MAKERS: readonly ((a: any, b: any, key: string) => unknown)[] = [
  (a) => [a],
  (a, b) => [a, b],
  (a, b, key) =>
    object(
      [
        [key, a],
        ['z', b],
      ],
      false,
    ),
  (a, b, key) =>
    object(
      [
        ['a', a],
        [key, b],
      ],
      true,
    ),
  (a, b) => ({ a, b }),
  (a, b) => ({ a, b }),
  (a, b) => new Map([[a, b]]),
  (a) => new Set([a]),
  (a, b) => Object.assign([a], { extra: b }),
  (a) => Object.assign([], { 0: a, 2: a }),
  (a) => Object.assign([], { 1: a, extra: a }),
  (a) => List.of(a),
  (a) => new Point(a),
  (a) => Object.create({ inherited: a }, { own: { value: a, enumerable: true } }),
  (a) => Object.create(Object.prototype, { hidden: { value: a }, shown: { value: a, enumerable: true } }),
  (a, _, key) => Object.defineProperty({ a }, key, { get: ran, enumerable: true, configurable: true }),
  (a) => Object.defineProperty({ a, b: 1 }, 'b', { get: ran }),
  (a) => Object.defineProperty({ a, b: 1 }, 'b', { set: ran }),
  (a) => Object.defineProperty([a, 1], 1, { get: ran }),
  (a) => Object.defineProperty([a, 1], 1, { enumerable: false }),
  (a) => Object.defineProperty({ a }, Symbol.toStringTag, { get: ran }),
  (a) => ({ a, toJSON: ran }),
  (a) => ({ a, [Symbol('own')]: a }),
  (a) => new Proxy({ a }, traps),
  (a) => new Proxy([a], traps),
  (a) => argumentsOf(a),
  () => argumentsOf(),
  (a) => Object.freeze({ a }),
  (a) => Object.freeze([a]),
  (a, b) => new Error(String(typeof a), { cause: b }),
  () => /x/g,
  (a) => [Buffer.from('from'), Buffer.from('the pool'), a],
  () => new Bytes(3),
  () => new SharedArrayBuffer(8),
  () => new Uint8Array(new SharedArrayBuffer(8)),
  () => detached(),
  () => ({ a: new Uint8Array(8).subarray(2, 4) }),
  (a) => (ArrayBuffer.isView(a) ? a.buffer : a),
  (a) => (ArrayBuffer.isView(a) ? [a, a.buffer] : [a]),
  () => new (ArrayBuffer as any)(8, { maxByteLength: 16 }),
  () => new Uint8Array(new (ArrayBuffer as any)(8, { maxByteLength: 16 })),
  () => Object(1),
  () => Object.setPrototypeOf(Object('ab'), Object.prototype),
  () => Object.setPrototypeOf(new Map([[1, 2]]), null),
  () => Object.setPrototypeOf(new Date(1), Object.prototype),
  () => Object.setPrototypeOf(new Uint8Array(2), null),
  (a) => Object.setPrototypeOf([a], null),
  () => Object.assign(new Date(5), { extra: 1 }),
  () => ran,
  () => Symbol('lonely'),
  () => Promise.resolve(1),
  () => new WeakMap(),
  () => globalThis,
  () => process.env,
  () => Math,
  () => vm.runInNewContext('({ a: 1 })'),
  () => vm.runInNewContext('[1, 2]'),
  () => vm.runInNewContext('new Uint8Array(2)'),
  () => Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`key${i}`, i])),
]

interface Step {
  make: (a: unknown, b: unknown, key: string) => unknown
  a: number
  b: number
  key: string
  leaf: unknown
}

const step: fc.Arbitrary<Step> = fc.record({
  make: fc.constantFrom(...MAKERS),
  a: fc.nat(5),
  b: fc.nat(5),
  key,
  leaf: fc.oneof(primitive, date, view, contents),
})

/** Graphs of all kinds, with objects met twice and now and then a cycle. */
export const anything: fc.Arbitrary<unknown> = fc
  .tuple(fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(9))
  .map(([steps, closing]) => {
    const made: unknown[] = []
    // A step reaches back to what others have made; beyond the first, it takes its own leaf.
    const at = (back: number, leaf: unknown) => (back < made.length ? made[made.length - 1 - back] : leaf)
    for (const { make, a, b, key: name, leaf } of steps) made.push(make(at(a, leaf), at(b, leaf), name))
    const root = made.at(-1)
    const first = made[0]
    if (closing === 0 && Array.isArray(first) && Object.isExtensible(first)) Array.prototype.push.call(first, root)
    return root
  })
