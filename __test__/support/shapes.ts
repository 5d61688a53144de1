import type { Shapes } from '../../src/wire/payload/index.js'

/** The numbers of shapes, as the core keeps them for a process. */
export class LocalShapes implements Shapes {
  readonly lists: string[] = []

  constructor(private readonly room = Infinity) {}

  numberOf(keys: string): number {
    const known = this.lists.indexOf(keys)
    if (known >= 0) return known
    return this.lists.length < this.room ? this.lists.push(keys) - 1 : -1
  }

  keysOf(number: number): string | undefined {
    return this.lists[number]
  }
}
