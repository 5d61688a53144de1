/** The bytes of a payload: a tag for each value, then what the tag says. Numbers are little-endian and unaligned. */

export const UNDEFINED = 0x00
export const NULL = 0x01
export const TRUE = 0x02
export const FALSE = 0x03
/** Int32. */
export const INTEGER = 0x04
/** Float64. */
export const DOUBLE = 0x05
/** Int64. */
export const BIGINT = 0x06
/** A string of hexadecimal digits with a sign. */
export const LONG_BIGINT = 0x07
/** Float64: milliseconds since the epoch, NaN if invalid. */
export const DATE = 0x08
/** Uint32: length in bytes; then a byte for each character. */
export const ONE_BYTE_STRING = 0x09
/** Uint32: length in bytes; then UTF-16, lone surrogates and all. */
export const TWO_BYTE_STRING = 0x0a
/** Uint32: length; then the elements. */
export const ARRAY = 0x0b
/** Uint16: number of the shape; then the values in the order of its keys. */
export const SHAPED_OBJECT = 0x0c
/** Uint8: number of properties; then for each a string and a value. */
export const KEYED_OBJECT = 0x0d
/** Uint32: length in bytes; then the bytes. */
export const ARRAY_BUFFER = 0x0e
/** Uint8: place of the kind in `VIEW_KINDS`; Uint32: length in bytes; then the bytes. */
export const VIEW = 0x0f
/** From here on the tag itself holds the length of a string with a byte for each character. */
export const SHORT_STRING = 0x40

/** Longest string whose length fits into its tag. */
export const MAX_SHORT_STRING = 0xff - SHORT_STRING

/** Values nested deeper are left to the other way: it does not recurse. */
export const MAX_DEPTH = 64
/** Objects with more keys are dictionaries: no constructor function could be kept for them. */
export const MAX_KEYS = 64
/** Bytes of one payload, not counting one view or buffer too big for it. */
export const MAX_BYTES = 1 << 20
/** Elements of an array: more integers do not fit, and to ask which it has costs as much as to clone it. */
export const MAX_LENGTH = Math.floor(MAX_BYTES / 5)
/** Bytes of that one view: beyond it, memory is the concern and not the time. */
export const MAX_VIEW_BYTES = 1 << 30
/** Shapes that an encoder or a decoder remembers. */
export const MAX_SHAPES = 1024
/** A buffer above this size serves one payload and is dropped. */
export const KEPT_BYTES = 256 << 10
