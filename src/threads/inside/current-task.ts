/** What `currentTask()` gives. */
export interface CurrentTask {
  /**
   * Aborts when the task is aborted or timed out; its reason is the one of the caller, or the `TaskTimeoutError`. The
   * thread is ended if the task does not heed the signal within `grace`. A synchronous loop cannot see it abort.
   */
  readonly signal: AbortSignal
  /** The name of the exported function. */
  readonly name: string
  /** A number that no other task of the pool has at the moment. A later task may have it again. */
  readonly id: number
}
