import assert from 'node:assert'
import fs from 'node:fs'
import { inspect, types } from 'node:util'
import vm from 'node:vm'

import test from 'ava'
import fc from 'fast-check'

import type { ErrorClass } from '../../src/wire/payload/index.js'
import { describeError, reduceError, reviveError } from '../../src/wire/rare.js'
import { anything } from '../support/values.js'

const LINE = '    at task 7 of pool "bakery" (thread 2)'

/** What arrives on the other side. */
function pass(thrown: unknown, ...classes: ErrorClass[]): any {
  return reviveError(structuredClone(describeError(thrown, LINE)), classes)
}

function caught(run: () => unknown): any {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

class OvenError extends TypeError {
  constructor(readonly oven: { number: number }) {
    super(`oven ${oven.number} is cold`)
  }
  get isCold() {
    return true
  }
}
class BurntError extends OvenError {
  override name = 'BurntError'
}

test('an error arrives with class, name, message, code, own properties and its stack', (t) => {
  const thrown = caught(() => fs.readFileSync('/does/not/exist'))
  const error = pass(thrown)
  t.is(Object.getPrototypeOf(error), Error.prototype)
  t.deepEqual({ ...error }, { errno: thrown.errno, code: 'ENOENT', syscall: 'open', path: '/does/not/exist' })
  t.is(error.message, thrown.message)
  t.is(error.stack, `${thrown.stack}\n${LINE}`)
  for (const key of ['message', 'stack', 'code']) {
    // From Node 22 on a stack that was not assigned is an accessor; one that arrives is a value everywhere.
    const { configurable, enumerable } = Object.getOwnPropertyDescriptor(thrown, key)!
    t.like(Object.getOwnPropertyDescriptor(error, key), { configurable, enumerable, writable: true })
  }
})

test('built-in classes arrive as themselves', (t) => {
  for (const Class of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const error = pass(new Class('out'))
    t.is(error.constructor, Class)
    t.deepEqual([error.message, error.name, Object.hasOwn(error, 'name')], ['out', Class.name, false])
    t.true(types.isNativeError(error))
  }
  const { CompileError } = (globalThis as any).WebAssembly
  t.true(pass(new CompileError('x')) instanceof CompileError)
})

test('a class that is named as a built-in one is not taken for it', (t) => {
  const Impostor = { RangeError: class extends TypeError {} }.RangeError
  t.is(pass(new Impostor('x')).constructor, TypeError)
})

test('a DOMException keeps name and code', (t) => {
  const error = pass(AbortSignal.abort().reason)
  t.true(error instanceof DOMException)
  t.false(Object.hasOwn(error, 'code'))
  t.deepEqual([error.name, error.code, error.message], ['AbortError', 20, 'This operation was aborted'])
  t.true(error.stack.endsWith(LINE))
})

test('a listed class is rebuilt without a call of its constructor, another becomes its nearest built-in', (t) => {
  const thrown = new BurntError({ number: 3 })
  const exact = pass(thrown, OvenError, BurntError)
  t.is(exact.constructor, BurntError)
  t.true(types.isNativeError(exact))
  t.true(exact.isCold)
  t.deepEqual(exact.oven, { number: 3 })
  const base = pass(thrown, OvenError)
  t.is(base.constructor, OvenError)
  t.is(base.name, 'BurntError')
  const builtIn = pass(thrown)
  t.is(builtIn.constructor, TypeError)
  t.deepEqual([builtIn.name, builtIn.message, builtIn.oven], ['BurntError', 'oven 3 is cold', { number: 3 }])
})

test('what a class gives its errors by inheritance arrives where the class does not', (t) => {
  class CodedError extends Error {
    get code() {
      return 'ERR_CODED'
    }
    override get name() {
      return 'Coded'
    }
  }
  const bare = pass(new CodedError('x'))
  t.deepEqual([bare.code, bare.name, Object.keys(bare)], ['ERR_CODED', 'Coded', []])
  const rebuilt = pass(new CodedError('x'), CodedError)
  t.deepEqual([rebuilt.code, Object.getOwnPropertyNames(rebuilt).sort()], ['ERR_CODED', ['message', 'stack']])
})

test('causes and the errors of an AggregateError are errors again, with cycles and references kept', (t) => {
  const root = new OvenError({ number: 1 })
  const middle = new RangeError('middle', { cause: root })
  const all = new AggregateError([middle, root, 'text', { a: 1 }, () => 0], 'all', { cause: middle })
  root.cause = all
  const error = pass(all, OvenError)
  t.is(error.constructor, AggregateError)
  t.is(error.cause, error.errors[0])
  t.is(error.cause.constructor, RangeError)
  t.is(error.cause.cause, error.errors[1])
  t.is(error.errors[1].constructor, OvenError)
  t.is(error.errors[1].cause, error)
  t.deepEqual(error.errors.slice(2, 4), ['text', { a: 1 }])
  t.regex(error.errors[4].message, /\[Function/)
  t.false(Object.keys(error).includes('errors'))
  t.is(error.cause.stack, middle.stack)
})

test('a long chain of causes is cut', (t) => {
  let thrown = new Error('0')
  for (let i = 1; i < 20_000; i++) thrown = new Error(String(i), { cause: thrown })
  let length = 0
  for (let error = pass(thrown); error; error = error.cause) length++
  t.is(length, 100)
  t.is(pass(new AggregateError(Array.from({ length: 500 }, () => new Error('one')))).errors.length, 99)
})

test('what cannot be cloned or read is left out, and nothing else', (t) => {
  const thrown = Object.assign(new Error('mixed'), {
    call() {},
    socket: { on() {} },
    request: new Proxy({}, {}),
    id: Symbol('id'),
    kept: new Map([[1, new Date(2)]]),
    own: new OvenError({ number: 2 }),
  })
  const get = () => {
    throw new Error('getter')
  }
  Object.defineProperty(thrown, 'broken', { enumerable: true, get })
  Object.defineProperty(thrown, 'computed', { enumerable: true, get: () => 42 })
  const error = pass(thrown, OvenError)
  t.deepEqual(Object.keys(error), ['kept', 'own', 'computed'])
  t.deepEqual(error.kept, thrown.kept)
  t.true(error.own instanceof OvenError)
  t.is(error.computed, 42)
})

test('a thrown non-error arrives as it is; one that cannot be cloned, as an Error that shows it', (t) => {
  for (const value of [undefined, null, 0, 'text', 5n, { a: [1] }, new Map([[1, 2]])]) t.deepEqual(pass(value), value)
  for (const value of [() => 1, Symbol('lonely'), { on() {} }, new WeakMap(), new Proxy(new Error('x'), {})]) {
    const error = pass(value)
    t.true(types.isNativeError(error))
    t.true(error.message.includes(inspect(value)), error.message)
    t.true(error.stack.endsWith(LINE))
  }
})

test('errors made the odd way arrive as errors', (t) => {
  const throwing = () => {
    throw new Error('trap')
  }
  const hostile = Object.create(new Proxy(Error.prototype, { get: throwing, getPrototypeOf: throwing }))
  const renamed = new Error('x')
  Object.defineProperties(renamed, { stack: { get: throwing }, name: { get: throwing }, message: { get: throwing } })
  const specimens: [string, unknown][] = [
    ['frozen', Object.freeze(new Error('x'))],
    ['null prototype', Object.setPrototypeOf(new Error('x'), null)],
    ['other realm', vm.runInNewContext('new RangeError("x")')],
    ['not native', Object.create(Error.prototype, { message: { value: 'x' } })],
    ['hostile prototype', Object.setPrototypeOf(new Error('x'), hostile)],
    ['throwing getters', renamed],
    ['a list that is none', Object.defineProperty(new Error('x'), 'errors', { value: 5 })],
    ['stack of another kind', Object.assign(new Error('x'), { stack: [1] })],
    ['own __proto__', Object.defineProperty(new Error('x'), '__proto__', { value: 1, enumerable: true })],
  ]
  for (const [name, thrown] of specimens) {
    const error = pass(thrown)
    t.true(types.isNativeError(error), name)
    t.is(typeof error.stack, 'string', name)
    t.true(error.stack.endsWith(LINE), name)
    if (name !== 'throwing getters') t.is(error.message, 'x', name)
  }
  t.is(pass(specimens[2]![1]).constructor, RangeError)
  t.is(Object.getOwnPropertyDescriptor(pass(specimens[8]![1]), '__proto__')!.value, 1)
})

test('a huge message arrives whole', (t) => {
  const message = 'x'.repeat(5 << 20)
  t.is(pass(new Error(message)).message.length, message.length)
})

test('what is long without having much in it costs what it has', (t) => {
  const sparse = Object.assign([new TypeError('first')], { 49_999_999: 'last' })
  const { errors } = pass(Object.assign(new Error('many'), { errors: sparse }))
  t.deepEqual([errors.length, Object.keys(errors), errors[0].message], [50_000_000, ['0', '49999999'], 'first'])
  const proxied = pass(
    Object.assign(new Error('many'), { errors: new Proxy(sparse, {}), cause: new Proxy(sparse, {}) }),
  )
  t.deepEqual([proxied.errors, proxied.cause], [undefined, undefined])
  const bytes = pass(Object.setPrototypeOf(new Uint8Array(2e7), Error.prototype))
  t.is(bytes.length, 2e7)
  const text = pass(Object.setPrototypeOf(new String('x'.repeat(2e7)), Error.prototype))
  t.is(text.length, 2e7)
  const uncloneable = pass({ text: new String('x'.repeat(2e7)), call() {} })
  t.regex(uncloneable.message, /too long to be shown$/)
})

test('holes in a list of errors stay holes', (t) => {
  const { errors } = pass(
    Object.assign(new Error('some'), { errors: Object.assign([], { 1: new RangeError('one'), 3: undefined }) }),
  )
  t.deepEqual([errors.length, Object.keys(errors), errors[1].name], [4, ['1', '3'], 'RangeError'])
})

test('what several errors have arrives once, as one object', (t) => {
  const context = { request: { id: 1 } }
  let error: Error | undefined
  for (let i = 0; i < 5; i++) error = Object.assign(new Error(`${i}`, { cause: error }), { context })
  const arrived = pass(error)
  t.deepEqual(arrived.context, context)
  t.is(arrived.context, arrived.cause.context)
})

test('a description can be reduced to what can go another way, and the error itself stays', (t) => {
  const memory = new SharedArrayBuffer(8)
  const thrown = Object.assign(new RangeError('why', { cause: new Error('deeper', { cause: { memory } }) }), {
    memory,
    kept: [1],
    errors: [{ memory }, 2],
  })
  const cloned = (value: any) => value instanceof SharedArrayBuffer || value?.memory instanceof SharedArrayBuffer
  const error: any = reviveError(
    reduceError(describeError(thrown, LINE), (value) => !cloned(value), LINE),
    [],
  )
  t.deepEqual([error.name, error.message, error.kept, error.memory], ['RangeError', 'why', [1], undefined])
  t.deepEqual([error.cause.message, error.cause.cause], ['deeper', undefined])
  t.deepEqual([typeof error.errors[0], error.errors[1]], ['string', 2])
  const value: any = reviveError(
    reduceError({ value: { memory } }, () => false, LINE),
    [],
  )
  t.regex(value.message, /^a value that cannot be sent: \{\s+memory/)
})

test('an AssertionError can be told from others', (t) => {
  const error = pass(caught(() => assert.strictEqual(1, 2)))
  t.like(error, { name: 'AssertionError', code: 'ERR_ASSERTION', actual: 1, expected: 2, operator: 'strictEqual' })
})

test('whatever is thrown, something arrives', (t) => {
  fc.assert(
    fc.property(anything, anything, (thrown, value) => {
      pass(thrown)
      const error = pass(Object.assign(new Error('with properties', { cause: value }), { value, errors: [value] }))
      return error.message === 'with properties' && error.errors.length === 1
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

test('describing leaves the error and the limit of stacks as they were', (t) => {
  const thrown = new AggregateError([new Error('x')], 'y')
  const before = Object.getOwnPropertyDescriptors(thrown)
  const { stackTraceLimit } = Error
  t.teardown(() => (Error.stackTraceLimit = stackTraceLimit))
  Error.stackTraceLimit = 7
  pass(thrown)
  t.deepEqual(Object.getOwnPropertyDescriptors(thrown), before)
  t.is(Error.stackTraceLimit, 7)
})
