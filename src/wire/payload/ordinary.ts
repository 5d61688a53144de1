import { types } from 'node:util'

/** Deno has none. */
const isExternal: (value: object) => boolean = types.isExternal ?? (() => false)

/**
 * Whether an object that looks plain by its prototype is no other kind in disguise: a list of arguments, a module's
 * namespace, or something whose prototype was replaced. These are neither for `structuredClone` a plain object.
 *
 * An object with a known shape is not asked, for the price of it: whoever replaces the prototype of, say, a Map by
 * `Object.prototype` and gives it own keys sees it arrive as a plain object with these keys.
 * Nor can an object be told that was marked by `markAsUncloneable`.
 */
export function isOrdinary(value: object): boolean {
  return !(
    types.isArgumentsObject(value) ||
    types.isModuleNamespaceObject(value) ||
    types.isNativeError(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isMapIterator(value) ||
    types.isSetIterator(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value) ||
    types.isGeneratorObject(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isArrayBufferView(value) ||
    isExternal(value)
  )
}

/** Whether an object that looks plain by its prototype is a view or a boxed string. */
export const hasElements = (value: object): boolean => ArrayBuffer.isView(value) || types.isStringObject(value)
