import { setTimeout as delay } from 'node:timers/promises'

const DEADLINE_MS = 8_000

/** Looks every millisecond until `condition` holds; fails with `what` if it never does. For what sends no event. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const start = performance.now()
  while (!condition()) {
    if (performance.now() - start > DEADLINE_MS) throw new Error(`never happened: ${what}`)
    await delay(1)
  }
}

/** Keeps the event loop busy. */
export function block(ms: number): void {
  const start = performance.now()
  while (performance.now() - start < ms);
}

/** The reason a promise rejects with; fails if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<any> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`resolved with ${String(value)} instead of rejecting`)
}

/** What the promise gives; fails with `what` if it does not settle in time. */
export async function within<T>(promise: Promise<T>, what: string, ms = DEADLINE_MS): Promise<T> {
  const deadline = new AbortController()
  try {
    return await Promise.race([
      promise,
      delay(ms, undefined, { signal: deadline.signal }).then(() => {
        throw new Error(`never happened: ${what}`)
      }),
    ])
  } finally {
    deadline.abort()
  }
}
