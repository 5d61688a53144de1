/** What the busy threads of pools do now. */
import { Promise, clearTimeout, setTimeout } from '../../base/intrinsics.js'
import { ANSWER_MS, type InspectedThread, Inspection, afterwards } from './inspection.js'
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

/**
 * How long after its answer a thread that is asked to pause may take to come to a statement, in ms. One that does not
 * runs no JavaScript.
 */
const QUIET_MS = 50

/** Most frames of a stack that are told. */
const MOST_FRAMES = 100

/** A frame, as the inspector tells of it: its lines and columns count from 0. */
interface Frame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number }
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
  const inspection = await Inspection.open(pool)
  try {
    await inspection.threads(busy(occupations()).map(({ threadId }) => threadId))
    // Attaching takes a while, and others may be busy by now.
    const occupied = busy(occupations())
    const threads = await inspection.threads(occupied.map(({ threadId }) => threadId))
    const stacks = occupied.map(async ({ threadId, tasks }) => {
      const thread = threads.get(threadId)
      const stack = thread === undefined ? undefined : await stackOf(thread)
      return stack === undefined ? [] : [{ threadId, tasks, stack }]
    })
    return (await Promise.all(stacks)).flat()
  } finally {
    inspection.close()
  }
}

const busy = (occupations: readonly Occupation[]): Occupation[] => occupations.filter(({ isIdle }) => !isIdle)

/** The stack of a thread, empty if it runs no JavaScript; `undefined` if the thread has ended. */
function stackOf(thread: InspectedThread): Promise<string | undefined> {
  return new Promise((resolve) => {
    let isEnabled = false
    const urls = new Map<string, string>()
    let isOver = false
    let timer = setTimeout(() => end(''), ANSWER_MS)
    const end = (stack: string | undefined): void => {
      if (isOver) return
      isOver = true
      afterwards(() => clearTimeout(timer))
      // A thread that has not been stopped by now will not be.
      thread.call('Debugger.disable')
      resolve(stack)
    }
    thread.whenGone(() => end(undefined))
    // All scripts are told of before anything else; frames name them by these numbers.
    thread.on('Debugger.scriptParsed', (params) => {
      const { scriptId, url } = params as { readonly scriptId: string; readonly url: string }
      urls.set(scriptId, url)
    })
    thread.on('Debugger.paused', (params) => {
      // Before the debugger of this session is there, the thread stands in that of somebody else, who lets it go on.
      if (isEnabled) thread.call('Debugger.resume')
      const { callFrames } = params as { readonly callFrames: readonly Frame[] }
      const lines = callFrames.slice(0, MOST_FRAMES).map((frame) => lineOf(frame, urls.get(frame.location.scriptId)))
      end(lines.join('\n'))
    })
    thread.call('Debugger.enable', () => (isEnabled = true))
    thread.call('Debugger.pause', () =>
      afterwards(() => {
        if (isOver) return
        clearTimeout(timer)
        timer = setTimeout(() => end(''), QUIET_MS)
      }),
    )
  })
}

function lineOf({ functionName, location }: Frame, url: string | undefined): string {
  const place = `${url || '<anonymous>'}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`
  return functionName === '' ? `    at ${place}` : `    at ${functionName} (${place})`
}
