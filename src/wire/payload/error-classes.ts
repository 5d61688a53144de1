import { types } from 'node:util'

import { hasElements } from './ordinary.js'

/** A class whose instances are errors. Its constructor may take whatever it likes: it is not called. */
export type ErrorClass = abstract new (...args: never[]) => Error

type Constructor = new (...args: unknown[]) => Error

/** Those that this version of the language has are built-in. */
const NAMES = [
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SuppressedError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'DOMException',
  'CompileError',
  'LinkError',
  'RuntimeError',
]

const BUILT_INS = new Map<string, Constructor>()
const BUILT_IN_PROTOTYPES = new Map<object, string>()
const builtIns = globalThis as unknown as Record<string, Constructor | undefined>
const { WebAssembly: wasm } = globalThis as { WebAssembly?: Record<string, Constructor | undefined> }
for (const name of NAMES) {
  const constructor = builtIns[name] ?? wasm?.[name]
  if (constructor === undefined) continue
  BUILT_INS.set(name, constructor)
  BUILT_IN_PROTOTYPES.set(constructor.prototype as object, name)
}

/** Longer prototype chains are cut. */
const MAX_ANCESTORS = 100

/** The prototypes of an object, nearest first, up to one that is a Proxy: asking that would run code. */
function prototypesOf(error: object): object[] {
  const prototypes: object[] = []
  let next = Object.getPrototypeOf(error) as object | null
  while (next !== null && prototypes.length < MAX_ANCESTORS && !types.isProxy(next)) {
    prototypes.push(next)
    next = Object.getPrototypeOf(next) as object | null
  }
  return prototypes
}

/** Whether an object is the `Error.prototype` of some realm. */
function isErrorPrototype(prototype: object): boolean {
  if (prototype === Error.prototype) return true
  const valueOf = (key: string): unknown => Object.getOwnPropertyDescriptor(prototype, key)?.value
  return valueOf('name') === 'Error' && valueOf('message') === '' && typeof valueOf('toString') === 'function'
}

/** Whether what was thrown is treated as an error: it is one, or inherits from `Error`, of whatever realm. */
export function isErrorLike(thrown: unknown): thrown is object {
  if (typeof thrown !== 'object' || thrown === null || types.isProxy(thrown)) return false
  if (types.isNativeError(thrown)) return true
  // What has elements would have as many properties.
  return !hasElements(thrown) && prototypesOf(thrown).some(isErrorPrototype)
}

/** Whether it is a class that inherits from `Error`, of whatever realm. */
export function isErrorClass(item: unknown): item is ErrorClass {
  if (typeof item !== 'function') return false
  const prototype: unknown = item.prototype
  return typeof prototype === 'object' && prototype !== null && prototypesOf(prototype).some(isErrorPrototype)
}

function nameOfClass(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function' || types.isProxy(constructor)) return undefined
  const name: unknown = Object.getOwnPropertyDescriptor(constructor, 'name')?.value
  return typeof name === 'string' ? name : undefined
}

/** Names of the classes along an error's prototype chain, its own first. */
export function ancestry(error: object): string[] {
  const names: string[] = []
  for (const prototype of prototypesOf(error)) {
    const name = nameOfClass(prototype)
    if (name !== undefined && name !== 'Object') names.push(name)
  }
  return names
}

/** The name of the nearest built-in class. An error of another realm has one by its name only. */
export function builtInOf(error: object): string {
  const prototypes = prototypesOf(error)
  for (const prototype of prototypes) {
    const name = BUILT_IN_PROTOTYPES.get(prototype)
    if (name !== undefined) return name
  }
  return ancestry(error).find((name) => BUILT_INS.has(name)) ?? 'Error'
}

/** The first class along a prototype chain whose name is on the list. */
export function findClass(names: readonly string[], classes: readonly ErrorClass[]): ErrorClass | undefined {
  for (const name of names) {
    const listed = classes.find((candidate) => candidate.name === name)
    if (listed !== undefined) return listed
  }
  return undefined
}

/** A real error of the built-in class, with no stack, passed off as an instance of the other class if there is one. */
export function makeError(base: string, message?: string, name?: string, disguise?: ErrorClass): Error {
  const BuiltIn = BUILT_INS.get(base) ?? Error
  // What the getters of a DOMException read is set by its constructor only; an AggregateError's wants a list.
  const args = base === 'DOMException' ? [message, name] : base === 'AggregateError' ? [[]] : []
  const error = withoutStack(() => new (BuiltIn as Constructor)(...args))
  if (disguise !== undefined) Object.setPrototypeOf(error, disguise.prototype as object)
  return error
}

/** Makes an error whose stack nobody wants: collecting it is most of an error's price. */
export function withoutStack<T>(make: () => T): T {
  const { stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 0
  } catch {
    return make() // frozen
  }
  try {
    return make()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
