/** How far a job has come, as those hear it who iterate over that. */
import { Promise, clearTimeout, setTimeout } from '../base/intrinsics.js'
import type { JobStore } from './job-store.js'

/** A job that has ended without an event that anybody heard ends the iteration all the same. */
const PAUSE = 2_000

/**
 * Yields what the task says of its progress from when the iteration begins, in order, until the job has ended. Leaving
 * the loop ends it, not the job.
 */
export async function* progressOf(store: JobStore, id: string): AsyncGenerator<unknown, void, void> {
  const news: unknown[] = []
  let isOver = false
  let wake = (): void => {}
  const end = (): void => {
    isOver = true
    wake()
  }
  const endings = [
    store.events.hear('progress', id, ({ data }) => {
      news.push(data)
      wake()
    }),
    ...(['completed', 'failed', 'cancelled'] as const).map((event) => store.events.hear(event, id, end)),
  ]
  try {
    await store.events.open()
    for (;;) {
      while (news.length > 0) yield news.shift()
      if (isOver) return
      if (hasEnded((await store.standingOf(id)).state)) {
        // Its last news may still be on its way.
        if (news.length === 0) await waitFor((resolve) => (wake = resolve), PAUSE_OF_NEWS)
        isOver ||= news.length === 0
        continue
      }
      if (news.length === 0 && !isOver) await waitFor((resolve) => (wake = resolve), PAUSE)
    }
  } finally {
    for (const stop of endings) stop()
  }
}

const PAUSE_OF_NEWS = 200

const hasEnded = (state: string): boolean => !['waiting', 'delayed', 'running'].includes(state)

/** Until somebody wakes us, or the time is up. */
function waitFor(takeWake: (wake: () => void) => void, pause: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pause)
    takeWake(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
