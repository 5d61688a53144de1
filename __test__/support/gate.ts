/** A promise that the test settles. */
export interface Gate<T = void> {
  readonly promise: Promise<T>
  open(value: T): void
  fail(error: unknown): void
}

export function gate<T = void>(): Gate<T> {
  let open!: (value: T) => void
  let fail!: (error: unknown) => void
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { promise, open, fail }
}

/** Tasks that run (or wait) until the test ends them. */
export interface Occupants {
  readonly gates: Gate[]
  readonly tasks: Promise<void>[]
  /** Ends them all and waits until they have settled, in whatever way. */
  finish(): Promise<void>
}

/** A pool, of whatever resources, or several behind one face. */
interface Submits {
  submit(task: () => Promise<void>): Promise<void>
}

/** Submits `count` tasks that end when their gate is opened. */
export function occupy(pool: Submits, count: number): Occupants {
  const gates = Array.from({ length: count }, () => gate())
  const tasks = gates.map(({ promise }) => pool.submit(() => promise))
  return {
    gates,
    tasks,
    async finish() {
      for (const { open } of gates) open()
      await Promise.allSettled(tasks)
    },
  }
}
