/** Where tasks were submitted. */
import { sep } from 'node:path'

import { TaskTimeoutError } from '../base/errors.js'

/** Frames of this package stand between the call of the user and the one that takes the stack. */
const OWN_FRAMES = 10

/** The code of this package. */
const OWN = __dirname + sep

/** Where a task was submitted: a stack, which is made a text only when somebody reads it. */
export class SubmitSite {
  readonly #holder: { stack?: unknown } = {}

  constructor() {
    const limit = Error.stackTraceLimit
    const isRaised = typeof limit === 'number' && Reflect.set(Error, 'stackTraceLimit', limit + OWN_FRAMES)
    try {
      Error.captureStackTrace(this.#holder, SubmitSite)
    } finally {
      if (isRaised) Error.stackTraceLimit = limit
    }
  }

  /** The frames of the user, a line for each, as in the `stack` of an `Error`; `undefined` if there is none. */
  get frames(): string | undefined {
    const { stack } = this.#holder
    // A library may make something else of stacks.
    if (typeof stack !== 'string') return undefined
    const lines = stack.split('\n').slice(1)
    return lines.filter((line) => !line.includes(OWN)).join('\n') || undefined
  }
}

/** Gives the error of a task that has timed out the place where the task was submitted, if that is known. */
export function addSite<E>(error: E, site: SubmitSite): E {
  if (!TaskTimeoutError.is(error)) return error
  const submitStack = site.frames
  if (submitStack === undefined) return error
  // It was made without frames, as it comes from no call.
  return Object.assign(error, { submitStack, stack: `${error.stack}\n${submitStack}` })
}
