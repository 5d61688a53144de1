/** The streams that this isolate consumes. */

export interface Consumer {
  /** There is a chunk, for which it waits. */
  arrived(): void
}

/** By number of the stream. */
export const consumers = new Map<number, Consumer>()
