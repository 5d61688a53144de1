/** Longer ones are made by a native call: it costs as much as the characters of some twenty calls' arguments. */
const LONGEST = 24

/** A length that comes so often is worth a function of its own. */
const COMPILE_AT = 4

type Read = (bytes: Uint8Array, at: number) => string

const { fromCharCode } = String
const readers: (Read | undefined)[] = [() => '']
/** How often each length has come. */
const times = new Uint8Array(LONGEST + 1)
let isForbidden = false

/**
 * Reads strings with a byte for each character: with the characters as arguments of one call, so there is a function
 * for each length. None for long strings, for lengths that have hardly come, and where the process forbids code
 * from strings.
 */
export function shortStringReader(length: number): Read | undefined {
  return readers[length] ?? (length <= LONGEST && !isForbidden ? compileLater(length) : undefined)
}

function compileLater(length: number): Read | undefined {
  const came = times[length]! + 1
  times[length] = came
  return came === COMPILE_AT ? compile(length) : undefined
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
