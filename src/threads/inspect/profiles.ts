/** CPU profiles of the threads of pools. */
import type { Profiler } from 'node:inspector'

import { Inspector } from './inspector.js'
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
  const inspector = new Inspector(pool)
  try {
    await inspector.ask({ ask: 'attach', threads: [] })
    const live = threads()
    const profiles = await inspector.ask({ ask: 'profiles', threads: live.map(({ threadId }) => threadId), ms })
    return live.flatMap(({ threadId, pool: of }, i) => {
      const profile = profiles[i]
      return profile === undefined ? [] : [{ name: `${of}-${threadId}`, profile }]
    })
  } finally {
    await inspector.close()
  }
}
