/**
 * V8's serializer as a way between isolates that have no message port. It writes by the algorithm of `structuredClone`,
 * but does not know what Node adds to that: it takes most objects of Node for plain objects.
 */
import { types } from 'node:util'

import { DOMException, Map, structuredClone } from '../base/intrinsics.js'
import { substitute } from './payload/substitute.js'
import { Verdict, survey } from './payload/survey.js'

/** The largest number of bytes of a value, because its length is a 32-bit number. */
const LONGEST = 2 ** 31 - 1

const ONLY_OWNER = 'can only go between a thread and the isolate that owns the pool'

export const onlyToOwner = (what: string): DOMException => dataCloneError(`${what} ${ONLY_OWNER}`)

function dataCloneError(message: string): DOMException {
  return new DOMException(message, 'DataCloneError')
}

/**
 * Is made for the first value that needs it. Most programs have none, and `node:v8` takes a process and every thread a
 * while to load.
 */
function load() {
  const { Deserializer, Serializer } = require('node:v8') as typeof import('node:v8')

  /** With the platform's error. It asks for what V8 cannot write itself. */
  class DataCloneSerializer extends Serializer {
    /** Those that the value has, by what stands for them. */
    exceptions: Map<object, DOMException> | undefined

    _getDataCloneError(message: string): DOMException {
      return dataCloneError(message)
    }

    _getSharedArrayBufferId(): never {
      throw onlyToOwner('a SharedArrayBuffer')
    }

    _writeHostObject(object: object): void {
      const exception = this.exceptions?.get(object)
      if (exception === undefined) throw onlyToOwner(nameOf(object))
      for (const text of [exception.message, exception.name, String(exception.stack)]) this.writeValue(text)
    }
  }

  class DataCloneDeserializer extends Deserializer {
    /** There is but one kind. */
    _readHostObject(): DOMException {
      const [message, name, stack] = [this.readValue(), this.readValue(), this.readValue()] as [string, string, string]
      const exception = new DOMException(message, name)
      exception.stack = stack
      return exception
    }
  }

  return { Serializer, DataCloneSerializer, DataCloneDeserializer }
}

let loaded: ReturnType<typeof load> | undefined
const v8 = () => (loaded ??= load())

export function nameOf(object: unknown): string {
  const { constructor } = Object(object) as { constructor?: { name?: unknown } }
  return typeof constructor?.name === 'string' ? constructor.name : 'such an object'
}

/** Writes a value of which a survey says that V8 writes it as `structuredClone` would. */
export function write(value: unknown, exceptions?: Map<object, DOMException>): Buffer {
  const serializer = new (v8().DataCloneSerializer)()
  serializer.exceptions = exceptions
  serializer.writeHeader()
  serializer.writeValue(value)
  const bytes = serializer.releaseBuffer()
  if (bytes.length > LONGEST) throw onlyToOwner(`a value of ${bytes.length} bytes`)
  return bytes
}

/** Any value. @throws DataCloneError, also for what only a port can bring: SharedArrayBuffer, MessagePort, Blob, … */
export function writeAny(value: unknown): Buffer {
  const verdict = survey(value, LONGEST)
  if (verdict === Verdict.large) throw onlyToOwner('a value of more than 2 GiB')
  return verdict === Verdict.same ? write(value) : writeClone(clone(value))
}

function clone(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch (error) {
    // So Node 20 says that something has to be transferred.
    const { code } = Object(error) as NodeJS.ErrnoException
    if (code === 'ERR_MISSING_TRANSFERABLE_IN_TRANSFER_LIST') throw dataCloneError((error as Error).message)
    throw error
  }
}

/**
 * After the clone nothing is an instance of a class or behind a getter any more. An object that V8 still does not know
 * is one of Node's.
 */
function writeClone(cloned: unknown): Buffer {
  if (survey(cloned, LONGEST, { isCloned: true }) === Verdict.same) return write(cloned)
  const exceptions = new Map<object, DOMException>()
  const places = new Map<unknown, object>()
  const writable = substitute(cloned, (value) => {
    if (!isException(value)) return value
    const known = places.get(value)
    if (known !== undefined) return known
    // Any object of a kind that is not V8's: it asks for these.
    const place = new (v8().Serializer)()
    places.set(value, place)
    exceptions.set(place, value)
    return place
  })
  let culprit: unknown
  const isKnown = (object: object): boolean => exceptions.has(object)
  const verdict = survey(writable, LONGEST, { isCloned: true, isKnown, found: (other) => (culprit ??= other) })
  if (verdict !== Verdict.same) throw onlyToOwner(nameOf(culprit))
  return write(writable, exceptions)
}

const { toString: describe } = Object.prototype

/** On Node 20 they are cloned as plain objects. */
function isException(value: unknown): value is DOMException {
  return types.isNativeError(value) && describe.call(value) === '[object DOMException]'
}

export function read(bytes: Uint8Array): unknown {
  const deserializer = new (v8().DataCloneDeserializer)(bytes)
  deserializer.readHeader()
  return deserializer.readValue()
}
