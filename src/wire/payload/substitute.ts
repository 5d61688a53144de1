import { types } from 'node:util'

import { Map, Set } from '../../base/intrinsics.js'
import { hasElements } from './ordinary.js'

const { isMap, isNativeError, isSet } = types
const { clear: clearMap, entries: entriesOf, set: put } = Map.prototype
const { add, clear: clearSet, values: valuesOf } = Set.prototype

/** Returns what takes the place of an object; the object itself if nothing does. */
type Replace = (value: unknown) => unknown

/**
 * Replaces things in a value that `structuredClone` has made and nobody else has. Returns the value, or what takes its
 * place.
 */
export function substitute(root: unknown, replace: Replace): unknown {
  const whole = replace(root)
  const pending = [whole]
  const met = new Set<object>()
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null || met.has(value) || hasElements(value)) continue
    met.add(value)
    if (isMap(value)) inMap(value, replace, pending)
    else if (isSet(value)) inSet(value, replace, pending)
    else inProperties(value, isNativeError(value) ? ['cause'] : Object.keys(value), replace, pending)
  }
  return whole
}

function inMap(map: Map<unknown, unknown>, replace: Replace, pending: unknown[]): void {
  const entries = [...(entriesOf.call(map) as MapIterator<[unknown, unknown]>)].map(([key, value]) => [
    replace(key),
    replace(value),
  ])
  clearMap.call(map)
  for (const [key, value] of entries) {
    put.call(map, key, value)
    pending.push(key, value)
  }
}

function inSet(set: Set<unknown>, replace: Replace, pending: unknown[]): void {
  const values = [...(valuesOf.call(set) as SetIterator<unknown>)].map(replace)
  clearSet.call(set)
  for (const value of values) add.call(set, value)
  pending.push(...values)
}

function inProperties(object: object, keys: readonly string[], replace: Replace, pending: unknown[]): void {
  for (const key of keys) {
    const own = Object.getOwnPropertyDescriptor(object, key)
    if (own === undefined) continue
    const value = replace(own.value)
    if (value !== own.value) Object.defineProperty(object, key, { ...own, value })
    pending.push(value)
  }
}
