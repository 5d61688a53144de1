/** What `panicHandler` is told about a task that failed. */
export interface TaskInfo {
  /** The pool's name. */
  pool: string
  /** The number of the task in its pool: the first task has 1, the next one 2, and so on. */
  id: number
  /** The name of the closure, if it has one. In a thread: the name of the export. */
  name?: string
  /** The priority as a number: 0 for `high`, 1 for `normal`, 2 for `low`, `Infinity` for `background`. */
  priority: number
  /**
   * How long the task waited, in ms: from `submit` or `run` until its function was called, or until it ended if it
   * never started.
   */
  waitMs: number
  /** How long the task ran, in ms: from the call of its function until its end; 0 if it never started. */
  runMs: number
}
