import type { VacancyWait } from '../native/isolate.js'
import type { SubmitOptions } from '../options/options.js'

/** What a map needs of a pool. */
export interface Taker<C> {
  /** `Infinity` if unbounded. It may change while the map runs. */
  capacity(): number
  /**
   * Whether a submit would not have to wait. It is asked before every pull, so it must be cheap. It throws if the stack
   * is about to end.
   */
  hasVacancy(): boolean
  /**
   * Calls `told` when a submit would not have to wait: not before this call has returned, and the submit must come
   * within `told`. Or it calls `refused`, with the error that says why there will be no room. Returns a function that
   * takes the wait back.
   */
  awaitTurn(wait: VacancyWait, told: () => void, refused: (error: unknown) => void): () => void
  /** Throws if the pool cannot heed these options of a task, which are right by themselves. */
  assertPossible(options: SubmitOptions): void
  /**
   * `run` is called when the task starts, and never if the task is refused. If the task runs in another isolate, `run`
   * is not called at all, and `item` says what the task is for.
   */
  submit(run: (context: C) => unknown, options: SubmitOptions | undefined, item: unknown): Promise<unknown>
  /**
   * Aborts tasks by what was submitted: waiting tasks by their `run`, running ones by the context with which it was
   * called. Very many are aborted in slices, and a `run` may be called before its turn has come. If `abort` is missing,
   * each task is submitted with a signal. A task without a signal may stay plain, which costs half as much.
   */
  abort?(marks: ReadonlySet<unknown>, reason: unknown): void
  /**
   * Whether `submit` has rejected with this because the pool has refused the task. If it is missing, that is so if `run`
   * was never called; if it is there, `run` may be called several times, and settles by its promise only.
   */
  isRefusal?(error: unknown): boolean
}
