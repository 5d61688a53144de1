import { misuse, wrongType } from '../base/errors.js'
import { rejectedLater } from '../base/intrinsics.js'
import { native } from '../native/binding.js'
import type { JobChecked } from '../options/native-options.js'
import type { Origin } from '../origin/origin.js'
import { Job } from './job.js'

/** A way into a pool of native jobs, or into several. */
export interface JobAccess {
  /** Referenced, as a pool that nobody references is released, and not its origin alone. */
  readonly pool: object
  readonly origin: Origin<Job, JobChecked>
}

const SECRET = Symbol('ticket')

/** What an addon reaches the core by. The first ticket makes it. */
let door: object | undefined

/**
 * A ticket for one native job. It is passed to a function of an addon, which hands its job in with it and returns the
 * promise. It is used once; a ticket that is not used is nothing, and holds no place.
 */
export class NativeTicket {
  readonly #access: JobAccess
  readonly #options: JobChecked
  #isUsed = false
  /** Of no use to JavaScript: addons find the core by it. */
  readonly workpool: unknown

  /** @internal */
  constructor(secret: symbol, access: JobAccess, options: JobChecked) {
    if (secret !== SECRET) throw misuse('a ticket is made by job() of a NativePool')
    this.#access = access
    this.#options = options
    this.workpool = door ??= native.serve_jobs(NativeTicket.#handIn)
  }

  /** Submits what an addon is handing in. It is called by the core, and throws nothing. */
  static readonly #handIn = (ticket: unknown): Promise<unknown> => {
    try {
      if (typeof ticket !== 'object' || ticket === null || !(#access in ticket)) {
        throw wrongType('the ticket', ticket, 'one that job() of a NativePool has made')
      }
      return ticket.#submit()
    } catch (error) {
      return rejectedLater(error)
    }
  }

  #submit(): Promise<unknown> {
    if (this.#isUsed) throw misuse('the ticket has been used; call job() for each native job')
    this.#isUsed = true
    return this.#access.origin.submit(new Job(this.#options.name ?? 'job'), this.#options)
  }
}

export const ticketOf = (access: JobAccess, options: JobChecked): NativeTicket =>
  new NativeTicket(SECRET, access, options)
