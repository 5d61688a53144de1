import { isolate, native } from '../native/binding.js'
import { forget } from '../native/isolate.js'
import { type Agreement, agreesOn, checkAgreement } from '../options/agreement.js'

type CoreOptions = Parameters<typeof native.create>[1]

/** What the core has given. */
interface Got {
  readonly handle: number
  readonly isNew: boolean
  readonly serial?: number
  /** Those that the pool was made with, by whomever. */
  readonly options: CoreOptions
}

/** What this isolate has got of a pool. */
export interface Opened {
  /** The core's number for the handle. */
  readonly id: number
  /** Whether the pool was made just now: then its threads, if it has any, are this isolate's. */
  readonly isNew: boolean
  /** Of a shared pool: tells it from those that had its name before. */
  readonly serial: number | undefined
  /** The largest number of tasks that one worker has at once. */
  readonly concurrency: number
  /** Whether the priorities of waiting tasks age. */
  readonly hasAgeing: boolean
  /** Whether its threads know the carriers of this isolate. Those that every pool has may be others elsewhere. */
  readonly hasCarriers: boolean
}

/**
 * Makes a pool, or joins the shared one of this name.
 *
 * @throws TypeError with code `ERR_POOL_OPTION` if the shared pool was made with other options
 */
export function open(name: string, options: CoreOptions, agreement: Agreement | undefined): Opened {
  if (agreement === undefined) return opened({ handle: native.create(isolate, options), isNew: true, options }, true)
  const joined = native.join(isolate, name, options, agreement.text)
  try {
    checkAgreement(name, agreement, joined.details)
  } catch (error) {
    forget(joined.handle)
    throw error
  }
  return opened(joined, agreesOn('carry', agreement, joined.details))
}

function opened({ handle, isNew, serial, options: { concurrency, ageing } }: Got, hasCarriers: boolean): Opened {
  return { id: handle, isNew, serial, concurrency, hasAgeing: ageing !== undefined && ageing !== null, hasCarriers }
}
