import { inspect, types } from 'node:util'

import { Map, Set, structuredClone } from '../../base/intrinsics.js'
import { hasOwn } from '../../base/own.js'
import {
  type ErrorClass,
  ancestry,
  builtInOf,
  findClass,
  isErrorLike,
  makeError,
  withoutStack,
} from './error-classes.js'
import { holds, isDeeper } from './survey.js'

/** What a task threw, as plain data that can be cloned, encoded and kept. `reviveError` takes it. */
export type ErrorDescription =
  | { readonly value: unknown }
  /** The first is what was thrown; the others are its causes, the members of its `errors`, … */
  | { readonly errors: readonly ErrorRecord[] }

/** One error. */
interface ErrorRecord {
  /** Names of the classes along its prototype chain, its own first. */
  classes: readonly string[]
  /** The nearest built-in class. */
  base: string
  stack: string
  properties: readonly Property[]
}

type Property = readonly [key: string, field: Field, standing: Standing]

/** A value, an error by its place among the records, or a list of such; null stands for a hole. */
type Field = { readonly value: unknown } | { readonly error: number } | { readonly list: readonly (Field | null)[] }

/** Where a property was found. Inherited properties are taken along if the class itself does not arrive. */
const enum Standing {
  Inherited,
  Hidden,
  Enumerable,
}

/** Taken along also where they are inherited or not enumerable, as the language and Node make them. */
const WELL_KNOWN = new Set(['message', 'name', 'code', 'cause', 'errors', 'error', 'suppressed'])
/** Errors of one description: a chain of causes that is longer is cut. */
const MAX_ERRORS = 100
/** Longer lists of errors go as `structuredClone` makes them: they may be long without having much in them. */
const MAX_LIST = 10_000
/** What is nested deeper is left out: a thread may have more stack to write it than its caller has to read it. */
const MAX_LEVELS = 500

/** A clone of the value by `structuredClone`; undefined if it cannot be cloned. */
function clone(value: unknown): { value: unknown } | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return { value }
  try {
    const cloned = structuredClone(value)
    return isDeeper(cloned, MAX_LEVELS) ? undefined : { value: cloned }
  } catch {
    return undefined
  }
}

/** What a property seems to hold whose getter throws. It is left out as all symbols are. */
const UNREADABLE = Symbol('unreadable')

/** Reads a property that may have a getter. */
function read(object: object, key: PropertyKey): unknown {
  try {
    return (object as Record<PropertyKey, unknown>)[key]
  } catch {
    return UNREADABLE
  }
}

/** Levels of a value that are shown. */
const SHOWN_LEVELS = 2
/** Most properties of an object that is shown. */
const MAX_SHOWN = 1_000

/** `inspect` shows all properties of an object, and asks a boxed string for one for each character. */
function isTooLong(value: object): boolean {
  if (types.isProxy(value) || Array.isArray(value) || ArrayBuffer.isView(value)) return false
  return types.isStringObject(value) || Object.keys(value).length > MAX_SHOWN
}

function show(value: unknown): string {
  try {
    if (holds(value, SHOWN_LEVELS + 1, isTooLong)) return `a value of type ${typeof value} that is too long to be shown`
    return inspect(value, { customInspect: false, depth: SHOWN_LEVELS, maxStringLength: 1024, maxArrayLength: 20 })
  } catch {
    return `a value of type ${typeof value} that cannot be shown`
  }
}

/** The first line of a stack, for an error that has none. */
function titleOf(error: object): string {
  const [name, message] = [read(error, 'name'), read(error, 'message')]
  return `${typeof name === 'string' ? name : 'Error'}: ${typeof message === 'string' ? message : ''}`
}

class Describer {
  readonly records: ErrorRecord[] = []
  private readonly places = new Map<object, number>()
  /** What has been cloned, so that what several errors have goes once, and is one object again. */
  private readonly clones = new Map<unknown, { value: unknown } | undefined>()

  constructor(private readonly line: string) {}

  /** The place of the error's record; −1 if there are too many already. */
  describe(error: object): number {
    const known = this.places.get(error)
    if (known !== undefined) return known
    if (this.records.length >= MAX_ERRORS) return -1
    const place = this.records.length
    this.places.set(error, place)
    const record: ErrorRecord = { classes: ancestry(error), base: builtInOf(error), stack: '', properties: [] }
    this.records.push(record)
    record.stack = this.stackOf(error, place)
    record.properties = this.propertiesOf(error)
    return place
  }

  /** The place of an error that stands for a value which cannot be cloned. */
  standIn(value: unknown): number {
    return this.describe(withoutStack(() => new Error(`a value that cannot be cloned: ${show(value)}`)))
  }

  private stackOf(error: object, place: number): string {
    const stack = read(error, 'stack')
    const text = typeof stack === 'string' ? stack : titleOf(error)
    try {
      return place === 0 ? `${text}\n${this.line}` : text
    } catch {
      return this.line // a string as long as strings can be takes no other
    }
  }

  private propertiesOf(error: object): Property[] {
    const properties: Property[] = []
    for (const key of new Set([...Object.getOwnPropertyNames(error), ...WELL_KNOWN])) {
      if (key === 'stack') continue // even asking for its descriptor would format it
      const own = Object.getOwnPropertyDescriptor(error, key)
      if (!own?.enumerable && !WELL_KNOWN.has(key)) continue
      const value = read(error, key)
      if (value === undefined && own === undefined) continue
      const field = this.field(value, key === 'errors')
      const standing = own === undefined ? Standing.Inherited : own.enumerable ? Standing.Enumerable : Standing.Hidden
      if (field !== undefined) properties.push([key, field, standing])
    }
    return properties
  }

  private field(value: unknown, mayBeList: boolean): Field | undefined {
    if (isErrorLike(value)) {
      const error = this.describe(value)
      return error < 0 ? undefined : { error }
    }
    const isList = mayBeList && !types.isProxy(value) && Array.isArray(value) && value.length <= MAX_LIST
    return isList ? this.list(value) : this.clone(value)
  }

  private clone(value: unknown): Field | undefined {
    if (typeof value !== 'object' || value === null) return clone(value)
    if (!this.clones.has(value)) this.clones.set(value, clone(value))
    return this.clones.get(value)
  }

  private list(values: readonly unknown[]): Field {
    const list: (Field | null)[] = []
    for (let i = 0; i < values.length; i++) {
      if (!Object.hasOwn(values, i)) {
        list.push(null)
        continue
      }
      const value = read(values, i)
      // Nothing is left out here, or the others would move up.
      const field = this.field(value, false) ?? { error: this.standIn(value) }
      if (hasOwn(field, 'error') && field.error < 0) break
      list.push(field)
    }
    return { list }
  }
}

/**
 * Describes what a task threw. Never throws itself, whatever it is given: what cannot be read or cloned is left out.
 *
 * @param line closes the stack of the error: where the task ran
 */
export function describeError(thrown: unknown, line: string): ErrorDescription {
  try {
    const describer = new Describer(line)
    if (isErrorLike(thrown)) {
      describer.describe(thrown)
      return { errors: describer.records }
    }
    const cloned = clone(thrown)
    if (cloned !== undefined) return cloned
    describer.standIn(thrown)
    return { errors: describer.records }
  } catch {
    const message = show(thrown)
    const properties: Property[] = [['message', { value: message }, Standing.Hidden]]
    return { errors: [{ classes: [], base: 'Error', stack: `Error: ${message}\n${line}`, properties }] }
  }
}

/**
 * A description without the parts that cannot go by the way for which `canGo` speaks. The error itself always can.
 *
 * @param line as for `describeError`
 */
export function reduceError(
  description: ErrorDescription,
  canGo: (value: unknown) => boolean,
  line: string,
): ErrorDescription {
  if (hasOwn(description, 'value'))
    return describeError(new Error(`a value that cannot be sent: ${show(description.value)}`), line)
  const reduced = (field: Field): Field =>
    hasOwn(field, 'value') && !canGo(field.value) ? { value: show(field.value) } : field
  return {
    errors: description.errors.map((record) => ({
      ...record,
      properties: record.properties.flatMap(([key, field, standing]): Property[] => {
        // Nothing is left out of a list, or the others would move up.
        if (hasOwn(field, 'list'))
          return [[key, { list: field.list.map((member) => member && reduced(member)) }, standing]]
        return hasOwn(field, 'value') && !canGo(field.value) ? [] : [[key, field, standing]]
      }),
    })),
  }
}

/**
 * Builds the error again from its description.
 *
 * @param classes those to rebuild: the first along the error's prototype chain whose name is on the list becomes its
 *   class. No constructor is called.
 */
export function reviveError(description: ErrorDescription, classes: readonly ErrorClass[]): unknown {
  if (hasOwn(description, 'value')) return description.value
  const errors = description.errors.map(({ base, classes: names, properties }) => {
    const text = (key: string) => {
      const field = properties.find((property) => property[0] === key)?.[1]
      return field !== undefined && hasOwn(field, 'value') && typeof field.value === 'string' ? field.value : undefined
    }
    return makeError(base, text('message'), text('name'), findClass(names, classes))
  })
  for (const [i, record] of description.errors.entries()) complete(errors[i]!, record, errors)
  return errors[0]
}

function complete(error: Error, { stack, properties }: ErrorRecord, errors: readonly Error[]): void {
  // V8 would format the stack that is there before it is replaced, with whatever the user has put in for that.
  delete (error as { stack?: string }).stack
  define(error, 'stack', stack, false)
  for (const [key, field, standing] of properties) {
    const value = resolve(field, errors)
    if (standing === Standing.Inherited && read(error, key) === value) continue
    define(error, key, value, standing === Standing.Enumerable)
  }
}

function resolve(field: Field, errors: readonly Error[]): unknown {
  if (hasOwn(field, 'list')) return listOf(field.list, errors)
  return hasOwn(field, 'error') ? errors[field.error] : field.value
}

function listOf(members: readonly (Field | null)[], errors: readonly Error[]): unknown[] {
  const list: unknown[] = []
  list.length = members.length
  for (const [i, member] of members.entries()) if (member !== null) list[i] = resolve(member, errors)
  return list
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true })
}
