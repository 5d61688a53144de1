/** Is told what becomes of an item. */
export interface ItemOwner<I, C> {
  /** Calls the task. */
  run(item: MapItem<I, C>, context: C): unknown
  completed(item: MapItem<I, C>, result: unknown): void
  rejected(item: MapItem<I, C>, error: unknown): void
}

/**
 * A place in the window of a map. An item has it from when it is taken until its result is yielded. One item after the
 * other uses the place and its functions, so an item needs no closure of its own.
 */
export class MapItem<I, C> {
  /** The item until `isDone` is true; then the result of its task. */
  value: unknown
  isDone = false
  /** Whether the task has been called. From then on an error is a failure of the task and no refusal. */
  isStarted = false
  /** The context with which the task was called, while it runs. */
  context: C | undefined

  readonly run: (context: C) => unknown
  readonly onFulfilled: (result: unknown) => void
  readonly onRejected: (error: unknown) => void

  constructor(owner: ItemOwner<I, C>) {
    this.run = (context) => owner.run(this, context)
    this.onFulfilled = (result) => owner.completed(this, result)
    this.onRejected = (error) => owner.rejected(this, error)
  }
}
