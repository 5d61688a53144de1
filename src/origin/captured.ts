import type { Resolve } from './task.js'

const noop = (): void => {}

/**
 * What `new Promise(capture)` was given last. Whoever makes the promise reads both at once: an executor for each
 * promise would be one closure more per task.
 */
export const captured: { resolve: Resolve; reject: Resolve } = { resolve: noop, reject: noop }

export const capture = (resolve: Resolve, reject: Resolve): void => {
  captured.resolve = resolve
  captured.reject = reject
}

/** Called once both have been read: they would keep the promise, and the promise its value, until the next one. */
export const forgetCaptured = (): void => {
  captured.resolve = captured.reject = noop
}
