/** Callers that submit again and again, so that always some of their tasks wait. */
export function crowd(count: number, submit: () => Promise<unknown>) {
  let isOver = false
  let submitted = 0
  const callers = Array.from({ length: count }, async () => {
    while (!isOver) {
      submitted++
      await submit()
    }
  })
  return {
    get submitted() {
      return submitted
    },
    async stop() {
      isOver = true
      await Promise.all(callers)
    },
  }
}

const LIMIT_MS = 5_000

/** Fails rather than hangs, as those who starve do. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('starved')), LIMIT_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
