/** What `currentTask()` gives. Keep it, and ask it as long as the task runs. */
export interface CurrentTask {
  /**
   * Aborts when the task is aborted or timed out; its reason is the one of the caller, or the `TaskTimeoutError`. The
   * thread is ended if the task does not heed the signal within `grace`. A synchronous loop cannot see it abort: that
   * asks `aborted`.
   */
  readonly signal: AbortSignal
  /** The name of the exported function. */
  readonly name: string
  /** A number that no other task of the pool has at the moment. A later task may have it again. */
  readonly id: number
  /**
   * Whether the task is aborted or timed out. It is read from shared memory, so that a synchronous loop sees it in time
   * to clean up within `grace`. A look takes some nanoseconds.
   *
   * ```js
   * export function search(size) {
   *   const task = currentTask()
   *   for (let at = 0; at < size; at++) if (task.aborted) return -1
   *   return size
   * }
   * ```
   */
  readonly aborted: boolean
  /**
   * Throws if the task is aborted or timed out: the reason of `signal` if that has arrived, otherwise a
   * `TaskTimeoutError`, or a `DOMException` with the name `AbortError`.
   */
  throwIfAborted(): void
  /**
   * Tells the caller how far the task has come: `onProgress` of `run` gets the value. It is a state and not a log. Only
   * the newest value is kept until the caller looks, and the last one comes before the result. The value is cloned as
   * an argument of a guest of a shared pool is, so shared memory, a `Blob` and the like throw a `DataCloneError`.
   * Without `onProgress`, and once the task has ended, nothing is done, and the value is not even looked at.
   *
   * ```js
   * export function pack(files) {
   *   const task = currentTask()
   *   files.forEach((file, index) => task.progress({ file, done: index + 1, of: files.length }))
   * }
   * ```
   */
  progress(value: unknown): void
}
