/** The errors of tasks that a pool refuses at their submit. */
import { NoThreadError, PoolClosedError, WaitTimeoutError } from '../base/errors.js'
import { Refusal } from '../native/abi.js'
import { native } from '../native/binding.js'
import { overloadError } from './strain.js'

export const closedError = (pool: string): PoolClosedError => new PoolClosedError(pool, 'the pool is closed')

/** Nobody would see to times. */
export const untimelyError = (pool: string): NoThreadError =>
  new NoThreadError(pool, native.untimely() ?? 'it does again')

/** The core has left the numbers that the error has. `task`: gives the name of the task. */
export function refusalError(handle: number, pool: string, code: number, task: () => string | undefined): Error {
  if (code === Refusal.closed) return closedError(pool)
  if (code === Refusal.waitTimeout) return new WaitTimeoutError(pool, 0, task())
  if (code === Refusal.untimely) return untimelyError(pool)
  return overloadError(handle, pool, code)
}
