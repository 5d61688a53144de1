import { isolate, native } from '../native/binding.js'
import { forget } from '../native/isolate.js'
import { type Agreement, checkAgreement } from '../options/agreement.js'

/** What this isolate has got of a pool. */
export interface Opened {
  /** The core's number for the handle. */
  readonly id: number
  /** Whether the pool was made just now: then its threads, if it has any, are this isolate's. */
  readonly isNew: boolean
  /** The largest number of tasks that one worker has at once. */
  readonly concurrency: number
}

/**
 * Makes a pool, or joins the shared one of this name.
 *
 * @throws TypeError with code `ERR_POOL_OPTION` if the shared pool was made with other options
 */
export function open(
  name: string,
  options: Parameters<typeof native.create>[1],
  agreement: Agreement | undefined,
): Opened {
  const { concurrency } = options
  if (agreement === undefined) return { id: native.create(isolate, options), isNew: true, concurrency }
  const joined = native.join(isolate, name, options, agreement.text)
  try {
    checkAgreement(name, agreement, joined.details)
  } catch (error) {
    forget(joined.handle)
    throw error
  }
  return { id: joined.handle, isNew: joined.isNew, concurrency: joined.options.concurrency }
}
