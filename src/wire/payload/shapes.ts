import { Map, Set } from '../../base/intrinsics.js'
import { MAX_SHAPES } from './format.js'

/** Key lists and the numbers that stand for them, the same in all isolates of the process. */
export interface Shapes {
  /** The number of a key list, given as the JSON of the array: 0 to 65,535, new if need be; −1 if there is no room. */
  numberOf(keys: string): number
  /** The key list of a number that some `numberOf` has returned; nothing, or an empty text, of another one. */
  keysOf(number: number): string | undefined
}

/** Key lists met once and not again so far; more are forgotten together. */
const MAX_ACQUAINTANCES = 256
/** Characters in all keys of one shape: who has longer keys has data in them. */
const MAX_KEY_CHARACTERS = 1024

/** Where the values of an object go. */
export interface Sink {
  /** False if the value cannot go there. */
  value(value: unknown): boolean
}

type GetterOf = (this: object, key: PropertyKey) => unknown

/** A key list that has a number. */
export class Shape {
  /** Hands the values on; false if one cannot go or is behind a getter. */
  readonly write: (object: object, sink: Sink, getterOf: GetterOf) => boolean

  constructor(
    readonly number: number,
    keys: readonly string[],
  ) {
    this.write = compile(keys) ?? interpret(keys)
  }
}

function interpret(keys: readonly string[]): Shape['write'] {
  return (object, sink, getterOf) => {
    for (const key of keys) {
      if (getterOf.call(object, key) !== undefined) return false
      if (!sink.value((object as Record<string, unknown>)[key])) return false
    }
    return true
  }
}

/** A function that names the keys: V8 remembers where they are. Nothing if the process forbids code from strings. */
function compile(keys: readonly string[]): Shape['write'] | undefined {
  const steps = keys.map((key) => {
    const name = JSON.stringify(key)
    return `getterOf.call(object, ${name}) === undefined && sink.value(object[${name}])`
  })
  try {
    return new Function('object', 'sink', 'getterOf', `return ${steps.join(' && ')}`) as Shape['write']
  } catch {
    return undefined
  }
}

/** A place in the tree of keys: how far the keys of some shapes agree. */
class Branch {
  /** The shape that ends here. */
  shape: Shape | undefined
  /** The way first added, for the comparison of two pointers before any look-up. */
  key: string | undefined
  next: Branch | undefined
  others: Map<string, Branch> | undefined

  follow(key: string): Branch | undefined {
    return this.key === key ? this.next : this.others?.get(key)
  }

  grow(key: string): Branch {
    const known = this.follow(key)
    if (known !== undefined) return known
    const branch = new Branch()
    if (this.next === undefined) {
      this.key = key
      this.next = branch
    } else {
      this.others = (this.others ?? new Map<string, Branch>()).set(key, branch)
    }
    return branch
  }
}

/**
 * What an encoder knows of shapes. A key list gets its number when it is met for the third time, so that dictionaries,
 * whose keys are data, do not use the numbers up.
 */
export class KnownShapes {
  private readonly root = new Branch()
  private readonly acquaintances = new Set<string>()
  private size = 0

  constructor(private readonly shapes: Shapes) {}

  /** The shape of the key list. If there is none, the keys must go with the values. */
  find(keys: readonly string[]): Shape | undefined {
    let branch = this.root
    for (let i = 0; i < keys.length; i++) {
      const next = branch.follow(keys[i]!)
      if (next === undefined) return this.meet(keys)
      branch = next
    }
    return branch.shape ?? this.meet(keys)
  }

  private meet(keys: readonly string[]): Shape | undefined {
    // The last key alone tells most dictionaries from shapes, and that much cheaper than all keys.
    if (this.size >= MAX_SHAPES || !isWorthNumber(keys) || !this.knows(keys[keys.length - 1]!)) return undefined
    const text = JSON.stringify(keys)
    if (!this.knows(text)) return undefined
    const number = this.shapes.numberOf(text)
    if (number < 0 || number > 0xffff) {
      this.size = MAX_SHAPES // there will be no room later either
      return undefined
    }
    this.acquaintances.delete(text)
    this.size++
    let branch = this.root
    for (const key of keys) branch = branch.grow(key)
    return (branch.shape = new Shape(number, keys))
  }

  private knows(text: string): boolean {
    const { acquaintances } = this
    if (acquaintances.has(text)) return true
    if (acquaintances.size >= MAX_ACQUAINTANCES) acquaintances.clear()
    acquaintances.add(text)
    return false
  }
}

/**
 * Whether a key list may become a shape. One that begins with an index may not: its keys are data, or its object is a
 * list of arguments or a boxed string in disguise, which the encoder finds only beside the fast path.
 */
function isWorthNumber(keys: readonly string[]): boolean {
  const first = keys[0]
  if (first === undefined || (first >= '0' && first < ':')) return false
  let characters = 0
  for (const key of keys) characters += key.length
  return characters <= MAX_KEY_CHARACTERS
}
