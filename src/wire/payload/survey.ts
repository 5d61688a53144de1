import { types } from 'node:util'

import { Set, structuredClone } from '../../base/intrinsics.js'
import { hasElements, isOrdinary } from './ordinary.js'
import { bufferOf, bytesOf, kindOfView } from './views.js'

const {
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDate,
  isMap,
  isNativeError,
  isProxy,
  isRegExp,
  isSet,
  isSharedArrayBuffer,
} = types
const { getPrototypeOf, keys: keysOf, prototype: plain } = Object
const { toString: describe } = plain
const { isArray } = Array
const { isView } = ArrayBuffer
const { forEach: eachOfMap } = Map.prototype
const { forEach: eachOfSet } = Set.prototype
const sizeOfMap = Object.getOwnPropertyDescriptor(Map.prototype, 'size')!.get as (this: unknown) => number
const sizeOfSet = Object.getOwnPropertyDescriptor(Set.prototype, 'size')!.get as (this: unknown) => number
const { __lookupGetter__: getterOf } = plain as unknown as { __lookupGetter__(this: object, key: PropertyKey): unknown }

/** What V8's serializer makes of a value. */
export const enum Verdict {
  /** The same as `structuredClone`. */
  same,
  /** The value is large, and not looked through to its end. */
  large,
  /**
   * It may differ from `structuredClone`, because Node adds kinds of its own that V8 takes for plain objects, or
   * because code of the user would run.
   */
  other,
}

/** How many bytes a number or a reference takes, about. */
const WORD = 8

/** What is known of a value. */
interface Knowledge {
  /** The value comes from `structuredClone`: nothing in it pretends to be another thing, and it has no getters. */
  readonly isCloned?: boolean
  /** Whether the caller takes care of this object in the value. */
  readonly isKnown?: (object: object) => boolean
  /** Is told what makes the verdict `other`. */
  readonly found?: (culprit: unknown) => void
}

/**
 * Looks through a value, and runs no code of its owner.
 *
 * @param most from how many bytes on, about, a value is large
 */
export function survey(root: unknown, most: number, { isCloned = false, isKnown, found }: Knowledge = {}): Verdict {
  const pending = [root]
  const met = new Set<object>()
  let size = 0
  let verdict = Verdict.same
  while (pending.length > 0) {
    const value = pending.pop()
    let beside = 0
    if (typeof value === 'string') beside = value.length
    else if (typeof value === 'function' || typeof value === 'symbol') beside = -1
    else if (typeof value === 'object' && value !== null && !met.has(value)) {
      met.add(value)
      if (isKnown === undefined || !isKnown(value)) beside = contentsOf(value, pending, isCloned, most)
    }
    if (beside < 0) {
      verdict = Verdict.other
      found?.(value)
    }
    size += WORD + Math.max(beside, 0)
    if (size + pending.length * WORD > most) return Verdict.large
  }
  return verdict
}

/** What is in a value, level by level, with everything once. */
function* levelsOf(root: unknown, isCloned: boolean): Generator<readonly object[]> {
  const met = new Set<object>()
  for (let next: unknown[] = [root]; next.length > 0;) {
    const level: object[] = []
    for (const value of next) {
      if (typeof value !== 'object' || value === null || met.has(value)) continue
      met.add(value)
      level.push(value)
    }
    yield level
    next = []
    for (const value of level) contentsOf(value, next, isCloned, Infinity)
  }
}

/** Whether something in a value that `structuredClone` has made is nested deeper than so many levels. */
export function isDeeper(root: unknown, levels: number): boolean {
  let depth = 0
  for (const level of levelsOf(root, true)) if (level.length > 0 && depth++ > levels) return true
  return false
}

/** Whether there is a thing like that in a value, not deeper than so many levels. */
export function holds(root: unknown, levels: number, isMeant: (value: object) => boolean): boolean {
  let depth = 0
  for (const level of levelsOf(root, false)) {
    if (level.some(isMeant)) return true
    if (depth++ >= levels) return false
  }
  return false
}

/** If tests run in a realm of their own, clones may belong to another one. */
let plainOfClones: object | undefined

/** The prototype of objects that `structuredClone` makes. */
function clonesPlain(): object {
  return (plainOfClones ??= getPrototypeOf(structuredClone({})) as object)
}

/**
 * Adds what is in an object, unless it is more than `most`, and gives how many bytes the object has beside; −1: it may
 * be another thing for `structuredClone` than for V8.
 */
function contentsOf(value: object, contents: unknown[], isCloned: boolean, most: number): number {
  if (isProxy(value)) return -1
  // Views and arrays come first, because they have a key for each of their elements.
  if (isView(value)) {
    contents.push(bufferOf(value, kindOfView(value)))
    return 0
  }
  if (isArray(value)) return value.length > most ? value.length : propertiesOf(value, contents, isCloned)
  const prototype = getPrototypeOf(value) as object | null
  if (prototype === plain || prototype === null || (isCloned && prototype === clonesPlain())) {
    return propertiesOf(value, contents, isCloned)
  }
  if (isAnyArrayBuffer(value)) return isSharedArrayBuffer(value) ? -1 : bytesOf(value)
  if (isMap(value)) {
    const size = sizeOfMap.call(value)
    if (size <= most) eachOfMap.call(value, (each: unknown, key: unknown) => contents.push(key, each))
    return size
  }
  if (isSet(value)) {
    const size = sizeOfSet.call(value)
    if (size <= most) eachOfSet.call(value, (each: unknown) => contents.push(each))
    return size
  }
  if (isDate(value) || isRegExp(value) || isBoxedPrimitive(value)) return 0
  // What such an object seems to be is read by getters, unless V8 has made it. A DOMException is one of Node's.
  if (isNativeError(value)) {
    if (!isCloned || describe.call(value) === '[object DOMException]') return -1
    const { message, stack, cause } = value as Error
    contents.push(message, stack, cause)
    return 0
  }
  // An instance of some class. Only its size is of interest.
  propertiesOf(value, contents, isCloned)
  return -1
}

function propertiesOf(value: object, contents: unknown[], isCloned: boolean): number {
  // A string in disguise has a key for each character.
  if (!isCloned && 0 in value && hasElements(value)) return -1
  const keys = keysOf(value)
  // Without own properties it may be anything that somebody has given another prototype.
  const isPlain = keys.length > 0 || isCloned || isArray(value) || isOrdinary(value)
  let size = isPlain ? 0 : -1
  for (const key of keys) {
    if (!isCloned && getterOf.call(value, key) !== undefined) size = -1
    else contents.push((value as Record<string, unknown>)[key])
    if (size >= 0) size += key.length
  }
  return size
}
