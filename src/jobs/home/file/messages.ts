/** What is said between a process and the thread of its database. */

/** What that thread is made with. */
export interface DatabaseStart {
  /** Where the database is, in the folder of the home. */
  readonly data: string
  /** The lock of the folder, which the thread keeps fresh. */
  readonly lock: string
}

export interface Statement {
  readonly id: number
  readonly text: string
  /** `undefined`: `text` may be several statements. */
  readonly values: readonly unknown[] | undefined
}

/** To the thread. `close`: after all statements. */
export type Order = Statement | 'close'

/** What the database says of a statement that it refuses. */
export interface Refusal {
  readonly message: string
  readonly code: string | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly constraint: string | undefined
}

/** From the thread. */
export type Answer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly message: string; readonly code: unknown; readonly cause: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly rows: unknown[]; readonly rowCount: number | null }
  | { readonly kind: 'refused'; readonly id: number; readonly refusal: Refusal }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string }
