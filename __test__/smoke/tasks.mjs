/** Tasks of the smoke suite. */
import { currentTask, isWorkerThread, transfer, workerData } from 'workpool/worker'

export default (value) => value
export const about = () => ({ isWorkerThread, workerData })
export const sum = (...numbers) => numbers.reduce((a, b) => a + b, 0)
export const doubled = async (number) => 2 * number
export const moved = (bytes) => {
  const view = new Uint8Array(bytes).fill(7)
  return transfer(view, [view.buffer])
}
export const large = (length) => 'x'.repeat(length)
/** Resolves once the task is aborted. */
export const heed = (flag) => {
  const { signal } = currentTask()
  Atomics.store(flag, 0, 1)
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(Atomics.store(flag, 0, 2))))
}
export const spin = (flag) => {
  Atomics.store(flag, 0, 1)
  for (;;);
}
export const exit = (code) => process.exit(code)
export const throwLater = () =>
  new Promise(() => {
    setTimeout(() => {
      throw Object.assign(new Error('later'), { code: 'E_LATER' })
    }, 1)
  })
export const hungry = () => {
  const kept = []
  for (;;) kept.push(Array.from({ length: 1_000 }, () => ({ kept })))
}
export const fail = () => {
  throw Object.assign(new RangeError('too far', { cause: new TypeError('why') }), {
    code: 'E_FAR',
    nested: { at: [1, 2] },
  })
}
class OvenError extends Error {
  name = 'OvenError'
}
export const failOwn = () => {
  throw Object.assign(new OvenError('cold'), { oven: 3 })
}
export const uncloneable = () => () => {}
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
