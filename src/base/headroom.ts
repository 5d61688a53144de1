/** What the core knows of the stack. */
interface Stack {
  /** 1: the stack is known to go deep enough from here. */
  headroom(): number
  /** It goes so many bytes deeper than here. */
  found_headroom(bytes: number): unknown
}
let stack: Stack

/** Is called by the code that opens the addon, before any other function here. */
export function measureBy(core: Stack): void {
  stack = core
}

/**
 * So many arguments take 128 KB of the stack. That is twice what is needed, so the next calls need not ask, see
 * `headroom.rs`.
 */
const ARGUMENTS = 16_384
const BYTES = ARGUMENTS * 8
const { apply } = Reflect
const noop = (): void => {}

/**
 * Throws what a call throws that does not fit on the stack, before anything has begun: if the stack ended in the midst
 * of something, that could not go on. Every verb that users call begins with this; `submit` and `run` ask the core
 * first, where it costs nothing.
 */
export function needHeadroom(): void {
  if (stack.headroom() === 1) return
  apply(noop, undefined, Array(ARGUMENTS).fill(undefined))
  stack.found_headroom(BYTES)
}

/** The same, but it returns false instead of throwing. */
export function hasHeadroom(): boolean {
  try {
    needHeadroom()
    return true
  } catch {
    return false
  }
}
