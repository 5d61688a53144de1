import type { Resolve } from './task.js'

const noop = (): void => {}

/**
 * What `new Promise(capture)` was given last. Whoever makes the promise reads both at once: an executor for each
 * promise would be one closure more per task.
 */
export let resolveOf: Resolve = noop
export let rejectOf: Resolve = noop

export const capture = (resolve: Resolve, reject: Resolve): void => {
  resolveOf = resolve
  rejectOf = reject
}

/** Called once both have been read: they would keep the promise, and the promise its value, until the next one. */
export const forgetCaptured = (): void => {
  resolveOf = rejectOf = noop
}
