/** Cells that a task of `fixtures/tasks.mjs` counts up and waits for: its beginning in 0, its gate in 1. */
export const cells = (): Int32Array => new Int32Array(new SharedArrayBuffer(8))

const DEADLINE_MS = 10_000

/** Resolves once the cell is at least `count`. */
export async function reaches(array: Int32Array, index: number, count: number): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  for (;;) {
    const now = Atomics.load(array, index)
    if (now >= count) return
    if (Date.now() > deadline) throw new Error(`cell ${index} is ${now}, not ${count}, after ${DEADLINE_MS} ms`)
    // A timer beside it, as waitAsync does not keep the process alive.
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** `count` tasks of them have begun. */
export const begun = (array: Int32Array, count = 1): Promise<void> => reaches(array, 0, count)

/** Lets all tasks go on that wait for it, now and later. */
export function open(array: Int32Array): void {
  Atomics.store(array, 1, 1)
  Atomics.notify(array, 1)
}
