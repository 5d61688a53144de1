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
 * So many calls, one in the other, with so many arguments each take 128 KB of the stack. That is twice what is needed,
 * so the next calls need not ask, see `headroom.rs`. One call with all the arguments would need a list of all of them,
 * and to fill it takes longer than everything else here.
 */
const CALLS = 16
const ARGUMENTS = 1_024
const BYTES = CALLS * ARGUMENTS * 8
const { apply } = Reflect

/** Takes the stack for `left` calls more, with `list` as the arguments of each. */
function take(list: number[], left: number): void {
  if (left > 0) apply(() => take(list, left - 1), undefined, list)
}

/**
 * Throws what a call throws that does not fit on the stack, before anything has begun: if the stack ended in the midst
 * of something, that could not go on. Every verb that users call begins with this; `submit` and `run` ask the core
 * first, where it costs nothing.
 */
export function needHeadroom(): void {
  if (stack.headroom() === 1) return
  take(Array<number>(ARGUMENTS).fill(0), CALLS)
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
