/** CPU profiles of the threads of pools. */
import type { Profiler } from 'node:inspector'

import { Promise, clearTimeout, setTimeout } from '../../base/intrinsics.js'
import { ANSWER_MS, type InspectedThread, Inspection, afterwards } from './inspection.js'
import type { Occupation } from './occupations.js'

/** The CPU profile of a thread. */
export interface ThreadProfile {
  /** The name of the pool and Node's number of the thread, such as `render-3`. */
  readonly name: string
  /** What a `.cpuprofile` file holds, as an object. */
  readonly profile: Profiler.Profile
}

/** Profiles the threads that the pools have at the moment of the call, for so many ms. */
export async function profilesOf(
  pool: string,
  threads: () => readonly (Occupation & { readonly pool: string })[],
  ms: number,
): Promise<ThreadProfile[]> {
  const inspection = await Inspection.open(pool)
  try {
    const live = threads()
    const inspected = await inspection.threads(live.map(({ threadId }) => threadId))
    const profiles = live.map(async ({ threadId, pool: of }) => {
      const thread = inspected.get(threadId)
      const profile = thread === undefined ? undefined : await profileOf(thread, ms)
      return profile === undefined ? [] : [{ name: `${of}-${threadId}`, profile }]
    })
    return (await Promise.all(profiles)).flat()
  } finally {
    inspection.close()
  }
}

/** The profile of a thread; `undefined` if the thread ends before, or does not answer. */
function profileOf(thread: InspectedThread, ms: number): Promise<Profiler.Profile | undefined> {
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
