/** What can be stored of a value, and comes back as it was. All stores keep JSON. */
import { Buffer } from 'node:buffer'
import { types } from 'node:util'

import { misuse, outOfRange } from '../base/errors.js'

/** Objects of which JSON keeps nothing, or nothing that one would know again. */
const KINDS: readonly [is: (value: unknown) => boolean, name: string][] = [
  [types.isMap, 'a Map'],
  [types.isSet, 'a Set'],
  [types.isWeakMap, 'a WeakMap'],
  [types.isWeakSet, 'a WeakSet'],
  [types.isRegExp, 'a RegExp'],
  [types.isNativeError, 'an Error'],
  [types.isPromise, 'a Promise'],
  [types.isAnyArrayBuffer, 'a buffer of bytes'],
  [types.isArrayBufferView, 'a view of bytes'],
]

/** A surrogate that has no other half, as in text that was cut in the midst of a character. */
const LONE_SURROGATE = /\p{Surrogate}/u

export interface JsonLimits {
  /** Whether NUL and lone surrogates are refused. */
  readonly refusesNul: boolean
  /** Most bytes of the JSON text. */
  readonly sizeLimit?: number | undefined
}

/**
 * Checks that a value can be stored. `undefined` can: there is no value then.
 *
 * @param what the value is called in errors
 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`, which says where in the value the fault is
 */
export function assertStorable(value: unknown, what: string, { refusesNul, sizeLimit }: JsonLimits): void {
  const places = new Map<unknown, string>()
  const placeOf = (holder: unknown, key: string): string => {
    const place = places.get(holder)
    if (place === undefined) return what
    return Array.isArray(holder) ? `${place}[${key}]` : `${place}.${key}`
  }
  // `this` is what holds the value, which has been through its `toJSON`.
  function check(this: unknown, key: string, part: unknown): unknown {
    const fault = faultOf(part, Array.isArray(this)) ?? (refusesNul ? (textFault(part) ?? textFault(key)) : undefined)
    const place = placeOf(this, key)
    if (fault !== undefined) throw misuse(`${place} cannot be stored: it is ${fault}`)
    if (typeof part === 'object' && part !== null) places.set(part, place)
    return part
  }
  const text = stringified(value, what, check)
  if (sizeLimit === undefined || text === undefined) return
  const size = Buffer.byteLength(text)
  if (size > sizeLimit) throw outOfRange(`the size of ${what}`, size, `at most sizeLimit, ${sizeLimit} bytes as JSON`)
}

function stringified(value: unknown, what: string, check: (key: string, part: unknown) => unknown): string | undefined {
  try {
    return JSON.stringify(value, check)
  } catch (error) {
    if (error instanceof Error && (error as { code?: unknown }).code === 'ERR_POOL_OPTION') throw error
    // A cycle, a value that is nested too deeply, or a `toJSON` or getter that throws.
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    throw Object.assign(misuse(`${what} cannot be stored: ${reason}`), { cause: error })
  }
}

function faultOf(part: unknown, isInArray: boolean): string | undefined {
  switch (typeof part) {
    case 'function':
    case 'symbol':
      return `a ${typeof part}`
    case 'bigint':
      return 'a BigInt'
    case 'undefined':
      return isInArray ? 'undefined in an array' : undefined
    case 'number':
      return Number.isFinite(part) ? undefined : `the number ${part}`
    case 'object':
      return KINDS.find(([is]) => is(part))?.[1]
  }
  return undefined
}

function textFault(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  if (text.includes('\0')) return 'text with NUL, which this store refuses'
  return LONE_SURROGATE.test(text) ? 'text with half of a surrogate pair, which this store refuses' : undefined
}

/** Text that every store takes. */
export const storableText = (text: string): string =>
  text.replaceAll('\0', '\u{fffd}').replace(new RegExp(LONE_SURROGATE, 'gu'), '\u{fffd}')
