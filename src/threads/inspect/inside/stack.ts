/** The stack of a thread. */
import { clearTimeout, setTimeout } from 'node:timers'

import { ANSWER_MS, type InspectedThread, afterwards } from './inspection.js'

/**
 * How long after its answer a thread that is asked to pause may take to come to a statement, in ms, if it answers
 * meanwhile: one that does not come to a statement runs no JavaScript.
 */
const QUIET_MS = 50

/**
 * How many calls a thread has to answer after that, one after the other. On a busy machine it may not have had the
 * processor before, and whoever runs JavaScript pauses before it answers the second one.
 */
const QUIET_ANSWERS = 3

/** Most frames of a stack that are told. */
const MOST_FRAMES = 100

/** A frame, as the inspector tells of it: its lines and columns count from 0. */
interface Frame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number }
}

/** The stack of a thread, empty if it runs no JavaScript; `undefined` if the thread has ended. */
export function stackOf(thread: InspectedThread): Promise<string | undefined> {
  return new Promise((resolve) => {
    let isEnabled = false
    const urls = new Map<string, string>()
    let isOver = false
    const timer = setTimeout(() => end(''), ANSWER_MS)
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
    const listen = (answers: number): void => {
      if (isOver) return
      if (answers === 0) end('')
      else thread.call('Runtime.getIsolateId', () => listen(answers - 1))
    }
    thread.call('Debugger.enable', () => (isEnabled = true))
    thread.call('Debugger.pause', () => afterwards(() => setTimeout(() => listen(QUIET_ANSWERS), QUIET_MS).unref()))
  })
}

function lineOf({ functionName, location }: Frame, url: string | undefined): string {
  const place = `${url || '<anonymous>'}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`
  return functionName === '' ? `    at ${place}` : `    at ${functionName} (${place})`
}
