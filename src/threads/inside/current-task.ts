/** What `currentTask()` gives. */
export interface CurrentTask {
  /**
   * Aborts, for the reason that its caller gave or with the `TaskTimeoutError`, when the task is aborted or timed out. The thread is
   * ended if the task does not heed it within `grace`. A synchronous loop cannot see it abort.
   */
  readonly signal: AbortSignal
  /** Of the exported function. */
  readonly name: string
  /** Names the task among those that the pool has at the moment; used again later. */
  readonly id: number
}
