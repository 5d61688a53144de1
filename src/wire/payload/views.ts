/** Views and buffers, read past whatever properties their owners have put before the real ones. */

// They are taken when this file is loaded, because libraries replace them.
const {
  ArrayBuffer,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
} = globalThis
const { prototype: buffers } = ArrayBuffer
const views = Object.getPrototypeOf(Uint8Array.prototype) as object

type Getter<T> = (this: unknown) => T

function getterOf<T>(prototype: object, key: PropertyKey): Getter<T> | undefined {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get as Getter<T> | undefined
}

const kindOfTypedArray = getterOf<string | undefined>(views, Symbol.toStringTag)!
const bufferOfTypedArray = getterOf<ArrayBufferLike>(views, 'buffer')!
const offsetOfTypedArray = getterOf<number>(views, 'byteOffset')!
const bytesOfTypedArray = getterOf<number>(views, 'byteLength')!
const bufferOfDataView = getterOf<ArrayBufferLike>(DataView.prototype, 'buffer')!
const offsetOfDataView = getterOf<number>(DataView.prototype, 'byteOffset')!
const bytesOfDataView = getterOf<number>(DataView.prototype, 'byteLength')!
const bytesOfBuffer = getterOf<number>(buffers, 'byteLength')!
const isResizable = getterOf<boolean>(buffers, 'resizable')
const isDetached = getterOf<boolean>(buffers, 'detached')

/** The kinds of views that have a place in the format. Their order is part of it. */
export const VIEW_KINDS: readonly { name: string; make: (buffer: ArrayBuffer) => ArrayBufferView }[] = [
  { name: 'Uint8Array', make: (buffer) => new Uint8Array(buffer) },
  { name: 'Int8Array', make: (buffer) => new Int8Array(buffer) },
  { name: 'Uint8ClampedArray', make: (buffer) => new Uint8ClampedArray(buffer) },
  { name: 'Int16Array', make: (buffer) => new Int16Array(buffer) },
  { name: 'Uint16Array', make: (buffer) => new Uint16Array(buffer) },
  { name: 'Int32Array', make: (buffer) => new Int32Array(buffer) },
  { name: 'Uint32Array', make: (buffer) => new Uint32Array(buffer) },
  { name: 'Float32Array', make: (buffer) => new Float32Array(buffer) },
  { name: 'Float64Array', make: (buffer) => new Float64Array(buffer) },
  { name: 'BigInt64Array', make: (buffer) => new BigInt64Array(buffer) },
  { name: 'BigUint64Array', make: (buffer) => new BigUint64Array(buffer) },
  { name: 'DataView', make: (buffer) => new DataView(buffer) },
]

/** What `Encoder` has left alone, from its bytes: a view of this kind, or the buffer itself. */
export function viewFrom(buffer: ArrayBuffer, kind: number): unknown {
  if (kind < 0) return buffer
  const known = VIEW_KINDS[kind]
  if (known === undefined) throw new RangeError('a payload is a view of an unknown kind')
  return known.make(buffer)
}

const DATA_VIEW = VIEW_KINDS.length - 1
const kinds = new Map(VIEW_KINDS.map(({ name }, kind) => [name, kind]))

/** The place of the view's kind in `VIEW_KINDS`; −1 if it has none, as kinds yet to come. */
export function kindOfView(view: ArrayBufferView): number {
  const name = kindOfTypedArray.call(view)
  return name === undefined ? DATA_VIEW : (kinds.get(name) ?? -1)
}

/** The buffer of a view. */
export function bufferOf(view: ArrayBufferView, kind: number): ArrayBufferLike {
  return kind === DATA_VIEW ? bufferOfDataView.call(view) : bufferOfTypedArray.call(view)
}

/** How many bytes a buffer has. */
export const bytesOf = (buffer: ArrayBuffer): number => bytesOfBuffer.call(buffer)

/** The bytes that a view shows. Its buffer must be attached. */
export function bytesOfView(view: ArrayBufferView, kind: number, buffer: ArrayBuffer): Uint8Array {
  return kind === DATA_VIEW
    ? new Uint8Array(buffer, offsetOfDataView.call(view), bytesOfDataView.call(view))
    : new Uint8Array(buffer, offsetOfTypedArray.call(view), bytesOfTypedArray.call(view))
}

/** Whether a buffer that is not shared has a fixed length and is attached, so that its copy is just its bytes. */
export function isPlainBuffer(buffer: ArrayBuffer): boolean {
  if (isResizable?.call(buffer)) return false
  if (bytesOfBuffer.call(buffer) > 0) return true
  if (isDetached !== undefined) return !isDetached.call(buffer)
  try {
    return new Uint8Array(buffer).length === 0
  } catch {
    return false // Node 20 tells a detached buffer from an empty one only this way
  }
}
