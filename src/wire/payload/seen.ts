import { Set } from '../../base/intrinsics.js'

/** As many objects are compared one by one before a set is worth its price. */
const FEW = 12

/** The objects met in one payload. */
export class Seen {
  private readonly few: (object | undefined)[] = Array.from({ length: FEW })
  private count = 0
  private many: Set<object> | undefined

  /** Adds the object; false if it was there. */
  add(value: object): boolean {
    const { few, many, count } = this
    if (many !== undefined) return many.size < many.add(value).size
    for (let i = 0; i < count; i++) {
      if (few[i] === value) return false
    }
    if (count < FEW) {
      few[count] = value
      this.count = count + 1
    } else {
      this.many = new Set(few as object[]).add(value)
    }
    return true
  }

  /** Forgets them all, so that none is kept alive. */
  clear(): void {
    for (let i = 0; i < this.count; i++) this.few[i] = undefined
    this.count = 0
    this.many = undefined
  }
}
