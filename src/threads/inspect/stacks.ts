/** What the busy threads of pools do now. */
import { Promise } from '../../base/intrinsics.js'
import { Inspector } from './inspector.js'
import type { Occupation, StackTask } from './occupations.js'

/** A busy thread, and what it does now. */
export interface ThreadStack {
  /** Node's number of the thread. The stacks of errors that come from the thread have it, too. */
  readonly threadId: number
  /** The tasks that it has begun. There is none while the thread loads its module. */
  readonly tasks: readonly StackTask[]
  /**
   * The JavaScript stack now, a line for each frame, with positions as in the stack of an `Error`: `    at parse
   * (file:///app/tasks.js:12:5)`, the innermost first. Empty if the thread runs no JavaScript: its tasks wait for
   * something, or it is in native code.
   */
  readonly stack: string
}

/** The looks of this isolate come one after the other: one would take the pause of another for that of a debugger. */
let last: Promise<void> | undefined

/** `pool`: the name of the pool that is asked. `occupations`: what its threads do at the moment of the call. */
export async function stacksOf(pool: string, occupations: () => readonly Occupation[]): Promise<ThreadStack[]> {
  const before = last
  let end!: () => void
  last = new Promise((resolve) => (end = resolve))
  try {
    await before
    return await lookAt(pool, occupations)
  } finally {
    end()
  }
}

async function lookAt(pool: string, occupations: () => readonly Occupation[]): Promise<ThreadStack[]> {
  const inspector = new Inspector(pool)
  try {
    await inspector.ask({ ask: 'attach', threads: numbersOf(busy(occupations())) })
    // Attaching takes a while, and others may be busy by now.
    const occupied = busy(occupations())
    const stacks = await inspector.ask({ ask: 'stacks', threads: numbersOf(occupied) })
    return occupied.flatMap(({ threadId, tasks }, i) => {
      const stack = stacks[i]
      return stack === undefined ? [] : [{ threadId, tasks, stack }]
    })
  } finally {
    await inspector.close()
  }
}

const busy = (occupations: readonly Occupation[]): Occupation[] => occupations.filter(({ isIdle }) => !isIdle)

const numbersOf = (occupations: readonly Occupation[]): number[] => occupations.map(({ threadId }) => threadId)
