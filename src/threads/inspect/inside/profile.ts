/** The CPU profile of a thread. */
import type { Profiler } from 'node:inspector'
import { clearTimeout, setTimeout } from 'node:timers'

import { ANSWER_MS, type InspectedThread, afterwards } from './inspection.js'

/** The profile of a thread; `undefined` if the thread ends before, or does not answer. */
export function profileOf(thread: InspectedThread, ms: number): Promise<Profiler.Profile | undefined> {
  return new Promise((resolve) => {
    let isOver = false
    const end = (profile: Profiler.Profile | undefined): void => {
      isOver = true
      afterwards(() => clearTimeout(timer))
      thread.call('Profiler.disable')
      resolve(profile)
    }
    const stop = (): void => {
      timer = setTimeout(() => end(undefined), ANSWER_MS)
      thread.call('Profiler.stop', (result) => {
        if (!isOver) end((result as { profile: Profiler.Profile } | undefined)?.profile)
      })
    }
    // One that does not answer is in native code: it has begun by the time that it comes back.
    let timer = setTimeout(stop, ms + ANSWER_MS)
    thread.whenGone(() => {
      if (!isOver) end(undefined)
    })
    thread.call('Profiler.enable')
    thread.call('Profiler.start', () =>
      afterwards(() => {
        if (isOver) return
        clearTimeout(timer)
        timer = setTimeout(stop, ms)
      }),
    )
  })
}
