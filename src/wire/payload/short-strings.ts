/** Longer ones are made by a native call: it costs as much as the characters of some twenty calls' arguments. */
const LONGEST = 24

type Read = (bytes: Uint8Array, at: number) => string

const { fromCharCode } = String
const readers: (Read | undefined)[] = [() => '']
let isForbidden = false

/**
 * Reads strings with a byte for each character: with the characters as arguments of one call, so there is a function
 * for each length. None for long strings, nor where the process forbids code from strings.
 */
export function shortStringReader(length: number): Read | undefined {
  return readers[length] ?? (length <= LONGEST && !isForbidden ? compile(length) : undefined)
}

function compile(length: number): Read | undefined {
  const characters = Array.from({ length }, (_, i) => `bytes[at + ${i}]`)
  try {
    const make = new Function('fromCharCode', `return (bytes, at) => fromCharCode(${characters.join(', ')})`)
    return (readers[length] = make(fromCharCode) as Read)
  } catch {
    isForbidden = true
    return undefined
  }
}
