import { setImmediate as turn } from 'node:timers/promises'

/** Closures that count themselves and end when they are told. */
export function gate() {
  /** @type {(() => void)[]} */
  const held = []
  let running = 0
  let peak = 0
  let started = 0
  return {
    /** Runs until it is let go. */
    closure: async () => {
      started++
      running++
      peak = Math.max(peak, running)
      await new Promise((resolve) => held.push(() => resolve(undefined)))
      running--
    },
    /** Lets one closure go, and gives the next one time to start. */
    letOneGo: async () => {
      held.shift()?.()
      await turns()
    },
    letAllGo: async () => {
      while (held.length > 0) {
        held.shift()?.()
        await turns()
      }
    },
    running: () => running,
    peak: () => peak,
    started: () => started,
  }
}

/** A few turns of the event loop: whatever is due has happened. */
export async function turns(count = 5) {
  for (let i = 0; i < count; i++) await turn()
}
