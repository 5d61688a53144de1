import { types } from 'node:util'

/**
 * Whether no program could tell two values apart: kinds, prototypes, keys and their order, attributes, contents, -0,
 * and which references lead to one object. Of views only the bytes they show count, not what else their buffers hold.
 */
export function identical(left: unknown, right: unknown, met = new Map<object, object>()): boolean {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) {
    return Object.is(left, right)
  }
  if (met.has(left)) return met.get(left) === right
  if ([...met.values()].includes(right)) return false
  met.set(left, right)
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false
  return tagsAgree(left, right) && contentsAgree(left, right, met) && propertiesAgree(left, right, met)
}

function tagsAgree(left: object, right: object): boolean {
  const tag = (value: object) => Object.prototype.toString.call(value)
  return tag(left) === tag(right) && types.isNativeError(left) === types.isNativeError(right)
}

function bytes(value: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return types.isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined
}

function isResizable(value: object): boolean {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value
  return (buffer as { resizable?: boolean }).resizable === true
}

function contentsAgree(left: object, right: object, met: Map<object, object>): boolean {
  if (left instanceof Map || left instanceof Set) {
    return identical([...left], [...(right as typeof left)], met)
  }
  if (left instanceof Date) return Object.is(left.getTime(), (right as Date).getTime())
  if (left instanceof RegExp) return String(left) === String(right)
  if (types.isBoxedPrimitive(left)) return Object.is(left.valueOf(), right.valueOf())
  if (isResizable(left) !== isResizable(right)) return false
  const [ours, theirs] = [bytes(left), bytes(right)]
  return ours === theirs || Buffer.compare(ours!, theirs!) === 0
}

function propertiesAgree(left: object, right: object, met: Map<object, object>): boolean {
  if (ArrayBuffer.isView(left)) return true
  const [ours, theirs] = [Reflect.ownKeys(left), Reflect.ownKeys(right)]
  if (ours.length !== theirs.length) return false
  return ours.every((key, i) => {
    if (key !== theirs[i]) return false
    const { value, ...attributes } = Object.getOwnPropertyDescriptor(left, key)!
    const { value: other, ...others } = Object.getOwnPropertyDescriptor(right, key)!
    return JSON.stringify(attributes) === JSON.stringify(others) && identical(value, other, met)
  })
}
