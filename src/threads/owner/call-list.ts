import type { Transferable } from '../../base/transferable.js'
import { Call } from './call.js'

/** The calls of a batch: what they call, and their arguments. There may be very many, so a call is not an object. */
export class CallList {
  constructor(
    /** Of the export. */
    readonly name: string,
    readonly args: readonly unknown[],
    /** What of each argument is moved; `undefined`: nothing of any. */
    readonly transfers: readonly (readonly Transferable[] | undefined)[] | undefined,
  ) {}

  get length(): number {
    return this.args.length
  }

  /** Any of them, for what is the same of all. */
  any(): Call {
    return new Call(this.name, undefined, false)
  }
}
