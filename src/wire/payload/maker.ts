/** Where a maker finds the values. */
export interface Source {
  next(): unknown
}

/** An object made so often is worth a function of its own. */
const COMPILE_AT = 4

/** Makes objects of one shape. */
export class Maker {
  /** The object whose values come next from the source. */
  make: (source: Source) => object
  private times = 0

  constructor(keys: readonly string[]) {
    this.make = (source) => {
      if (++this.times === COMPILE_AT) this.make = compile(keys) ?? this.make
      const object = {}
      for (const key of keys) setOwn(object, key, source.next())
      return object
    }
  }
}

/** A literal: V8 knows its hidden class beforehand. Nothing if the process forbids code from strings. */
function compile(keys: readonly string[]): ((source: Source) => object) | undefined {
  // A computed key is a property like others even if it is `__proto__`.
  const properties = keys.map((key) => `[${JSON.stringify(key)}]: source.next()`)
  try {
    return new Function('source', `return { ${properties.join(', ')} }`) as (source: Source) => object
  } catch {
    return undefined
  }
}

/** Sets an own property, whatever the prototype has under that key: a setter, `__proto__`, something frozen. */
function setOwn(object: object, key: string, value: unknown): void {
  if (key in object) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    ;(object as Record<string, unknown>)[key] = value
  }
}
