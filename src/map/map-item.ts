/** Who is told what becomes of an item. */
export interface ItemOwner<I, C> {
  /** Calls the task. */
  run(item: MapItem<I, C>, context: C): unknown
  completed(item: MapItem<I, C>, result: unknown): void
  rejected(item: MapItem<I, C>, error: unknown): void
}

/**
 * A place in the window of a map, with the item that has it from its pull until its result is yielded. It is used for one item
 * after the other, and so are its functions: an item costs no closure of its own.
 */
export class MapItem<I, C> {
  /** The item while `isDone` is not true, then the result of its task. */
  value: unknown
  isDone = false
  /** Whether its task has been called: what it fails with from then on is its own failure and no refusal. */
  isStarted = false
  /** What its task has been called with, while it runs. */
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
