/** What the core knows of the stack. */
interface Stack {
  /** 1: the stack is known to go deep enough from here. */
  headroom(): number
  /** It goes so many bytes deeper than here. */
  found_headroom(bytes: number): unknown
}
let stack: Stack

/** Called by whoever opens the addon, before anybody asks. */
export function measureBy(core: Stack): void {
  stack = core
}

/** As many arguments take 128 KB of the stack: twice what is needed, so that the next calls need not ask, see `headroom.rs`. */
const ARGUMENTS = 16_384
const BYTES = ARGUMENTS * 8
const { apply } = Reflect
const noop = (): void => {}

/**
 * Throws as a call that does not fit on the stack would, before anything has been begun: what the stack ends in the midst of
 * could not be gone on with. Called by every verb of the user's; `submit` and `run` ask the core first, where it costs nothing.
 */
export function needHeadroom(): void {
  if (stack.headroom() === 1) return
  apply(noop, undefined, Array(ARGUMENTS).fill(undefined))
  stack.found_headroom(BYTES)
}

/** The same as an answer. */
export function hasHeadroom(): boolean {
  try {
    needHeadroom()
    return true
  } catch {
    return false
  }
}
