/** What is known of a task that failed. */
export interface TaskInfo {
  /** The pool's name. */
  pool: string
  /** The how-manieth task of its pool it is, from 1. */
  id: number
  /** The closure's name, if it has one; in a thread that of the export. */
  name?: string
  /** As a number: 0 for `high`, 1 for `normal`, 2 for `low`. */
  priority: number
  /** From the call of `submit` or `run` to that of its function, in ms; without a start, to its end. */
  waitMs: number
  /** From the call of its function to its end, in ms; 0 without a start. */
  runMs: number
}
