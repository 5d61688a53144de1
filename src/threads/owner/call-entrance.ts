import { needHeadroom } from '../../base/headroom.js'
import { Offer, Refusal, Special, ValueKind } from '../../native/abi.js'
import { describe, isolate, native } from '../../native/binding.js'
import type { CheckedCarrier } from '../../options/carry-options.js'
import type { JobOptions } from '../../origin/origin.js'
import type { RunChecked } from '../../options/thread-options.js'
import { CARRIED, LISTENED, NAMED, PORTLESS, encode, serialize } from '../../wire/values.js'
import type { Call } from './call.js'
import { capture } from './carry.js'
import { type PortArgument, discard, toPortArgument } from './port-argument.js'

/** Asks the core whether it would refuse a task of this pool now: then the answer is below 0. */
export function refusalOf(
  pool: number,
  { priority = 1, waitTimeout = Special.noLimit, timeout = 0, key, followed }: RunChecked & JobOptions,
  mode: Offer,
): number {
  if (key !== undefined) native.name_key(key)
  const keyed = key === undefined ? 0 : 1
  const group = followed?.group
  if (group === undefined) return native.refuse(pool, priority, waitTimeout, timeout, mode, keyed)
  return native.refuse(pool, priority, waitTimeout, timeout, mode, keyed, group.numberIn(pool), group.limit)
}

/** The way of a call into the core: the number of its export, its argument, its options. */
export class CallEntrance {
  readonly #pool: number
  /** Whether a message port goes from here to the threads: in the owner. */
  readonly #hasPort: boolean
  /** Whether the core notes the times of tasks. */
  readonly #isNoted: boolean
  readonly #carry: readonly CheckedCarrier[]
  /** The numbers of exports, but only of names to which the core gives one, not of every name that somebody has called. */
  readonly #exportNumbers = new Map<string, number>()

  constructor(pool: number, hasPort: boolean, isNoted: boolean, carry: readonly CheckedCarrier[]) {
    this.#pool = pool
    this.#hasPort = hasPort
    this.#isNoted = isNoted
    this.#carry = carry
  }

  /** The number of an export, with its flags. */
  exportCode(name: string): number {
    return this.#exportNumber(name) | (this.#hasPort ? 0 : PORTLESS)
  }

  /** Encodes the argument and hands the call in. Gives the number of the task, or a refusal. */
  handIn(call: Call, options: RunChecked & JobOptions, mode: Offer): number {
    const { signal, transfer } = options
    const known = this.#exportNumber(call.name)
    let exportCode = known | call.flags | (this.#hasPort ? 0 : PORTLESS)
    if (options.onProgress !== undefined) exportCode |= LISTENED
    let { argument } = call
    if (this.#carry.length > 0) {
      const carried = this.#capture(options, mode)
      if (typeof carried === 'number') return carried
      if (carried !== undefined) {
        exportCode |= CARRIED
        argument = [argument, ...carried]
      }
    }
    const sent = known === NAMED ? [call.name, argument] : argument
    let portArgument: PortArgument | undefined
    if (transfer !== undefined || !encode(sent)) {
      // Before anything is moved.
      needHeadroom()
      // With a signal the core has been asked already.
      const refused = signal === undefined ? refusalOf(this.#pool, options, mode) : 0
      if (refused < 0) return refused
      portArgument = this.#bring(sent, transfer)
    }
    let code: number = Refusal.deep
    try {
      // While the argument was encoded, which runs code of the user.
      if (signal?.aborted) throw signal.reason
      code = this.#submit(exportCode, options, mode)
      if (code === Refusal.deep) {
        needHeadroom()
        code = this.#submit(exportCode, options, mode)
      }
    } finally {
      if (code < 0 && portArgument !== undefined) discard(portArgument)
    }
    if (code >= 0) call.portArgument = portArgument
    return code
  }

  /** What goes along with a task, if anything does; or a refusal, which comes before what a carrier throws. */
  #capture(options: RunChecked, mode: Offer): unknown[] | number | undefined {
    try {
      return capture(this.#carry)
    } catch (error) {
      // With a signal the core has been asked already.
      const refused = options.signal === undefined ? refusalOf(this.#pool, options, mode) : 0
      if (refused < 0) return refused
      throw error
    }
  }

  /** Makes an argument ready to go out that `encode` has declined, or of which something is moved. */
  #bring(sent: unknown, transfer: RunChecked['transfer']): PortArgument | undefined {
    if (!this.#hasPort) {
      serialize(sent, transfer)
      return undefined
    }
    const portArgument = toPortArgument(sent, transfer)
    if (portArgument !== undefined) describe(ValueKind.port, 0, 0)
    return portArgument
  }

  /** `exportCode`: the number of the export, with its flags. */
  #submit(
    exportCode: number,
    { priority = 1, waitTimeout = Special.noLimit, timeout = 0, key, followed, traced }: RunChecked & JobOptions,
    mode: Offer,
  ): number {
    const isNoted = this.#isNoted || traced !== undefined
    if (followed !== undefined) {
      const { group } = followed
      const number = group === undefined ? 0 : group.numberIn(this.#pool)
      const limit = group === undefined ? 0 : group.limit
      const keyed = key === undefined ? 0 : 1
      if (key !== undefined) native.name_key(key)
      return native.run_with(this.#pool, exportCode, priority, waitTimeout, timeout, 1, mode, keyed, number, limit)
    }
    if (key !== undefined) {
      native.name_key(key)
      return native.run_with(this.#pool, exportCode, priority, waitTimeout, timeout, isNoted ? 1 : 0, mode, 1)
    }
    if (priority === 1 && waitTimeout === Special.noLimit && timeout === 0 && !isNoted && mode === Offer.normal) {
      return native.run(this.#pool, exportCode)
    }
    return native.run_with(this.#pool, exportCode, priority, waitTimeout, timeout, isNoted ? 1 : 0, mode)
  }

  /** The number of an export; `NAMED` if it has none. */
  #exportNumber(name: string): number {
    const known = this.#exportNumbers.get(name)
    if (known !== undefined) return known
    const number = native.exportNumber(isolate, this.#pool, name)
    if (number === null) return NAMED
    this.#exportNumbers.set(name, number)
    return number
  }
}
