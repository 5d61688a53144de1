import { inspect } from 'node:util'

import { misuse } from '../base/errors.js'
import { DOMException, Map } from '../base/intrinsics.js'
import type { GroupMode } from '../options/group-options.js'

/** What a task of a group has come to. */
export type Outcome<T = unknown> = {
  /** The `tag` of the task, or its index. */
  readonly tag: unknown
  /** How long the task waited, in ms. */
  readonly waitMs: number
  /** How long it ran, in ms; 0 if it never started. */
  readonly runMs: number
} & ({ readonly status: 'fulfilled'; readonly value: T } | { readonly status: 'rejected'; readonly reason: unknown })

/** An outcome without its tag. */
type End = Outcome extends infer O ? (O extends unknown ? Omit<O, 'tag'> : never) : never

/** Why a group was aborted, and by whom. */
interface Abortion {
  readonly reason: unknown
  readonly by: string
}

/** What the tasks of a group have come to, and what that means in its mode. */
export class Results {
  /** By tag, or by index. */
  readonly byTag = new Map<unknown, Outcome>()
  readonly #mode: GroupMode
  /** By index. */
  readonly #tags: unknown[] = []
  readonly #outcomes: (Outcome | undefined)[] = []
  readonly #taken = new Map<unknown, number>()
  #failure: { readonly error: unknown; readonly isAsked: boolean } | undefined
  #success: { readonly value: unknown } | undefined
  /** What the group was aborted for, if a task was for that. */
  #cut: Abortion | undefined

  constructor(mode: GroupMode) {
    this.#mode = mode
  }

  /** Throws if another task has the tag, or the index that a task without a tag would go by. */
  assertFree(tag: unknown): void {
    const name = tag === undefined ? this.#tags.length : tag
    if (!this.#taken.has(name)) return
    const shown = inspect(name, { depth: 0, breakLength: Infinity, maxStringLength: 64 })
    throw misuse(`tag must be another one for each task of the group; ${shown} is taken`)
  }

  /** One more task. Gives its index. */
  add(tag: unknown): number {
    const index = this.#tags.length
    const name = tag === undefined ? index : tag
    this.#tags.push(name)
    this.#outcomes.push(undefined)
    // A task that could not be submitted may go by an index that is taken.
    if (!this.#taken.has(name)) this.#taken.set(name, index)
    return index
  }

  set(index: number, end: End, aborted: Abortion | undefined): void {
    const tag = this.#tags[index]
    const outcome = { tag, ...end } as Outcome
    this.#outcomes[index] = outcome
    if (this.#taken.get(tag) === index) this.byTag.set(tag, outcome)
    if (outcome.status === 'fulfilled') {
      this.#success ??= { value: outcome.value }
      return
    }
    const isCut = aborted !== undefined && aborted.reason === outcome.reason
    if (isCut) this.#cut = aborted
    this.#failure ??= { error: outcome.reason, isAsked: isCut && aborted.by === 'caller' }
  }

  /** For what the tasks that are left are to be aborted, if by now they are. */
  verdict(): { readonly reason: unknown } | undefined {
    if (this.#mode === 'all' && this.#failure !== undefined) return { reason: this.#failure.error }
    if (this.#mode !== 'any' || this.#success === undefined) return undefined
    return { reason: new DOMException('another task of the group has succeeded', 'AbortError') }
  }

  /** What `join` gives, or throws. */
  joined(): unknown {
    if (this.#mode === 'allSettled') return [...this.#outcomes]
    if (this.#mode === 'any') {
      if (this.#success !== undefined) return this.#success.value
      throw this.#noSuccess()
    }
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#outcomes.map((outcome) => (outcome as { readonly value: unknown }).value)
  }

  #noSuccess(): unknown {
    if (this.#cut !== undefined && this.#cut.by !== 'task') return this.#cut.reason
    const errors = this.#outcomes.map((outcome) => (outcome as { readonly reason: unknown }).reason)
    const what = errors.length === 0 ? 'the group has no task' : 'all tasks of the group have failed'
    return new AggregateError(errors, what)
  }

  /** What the end of a block throws that has not joined; `open`: tasks that have not settled. */
  thrown(open: number): { readonly error: unknown } | undefined {
    if (this.#failure === undefined || this.#failure.isAsked || this.#mode === 'allSettled') return undefined
    if (this.#mode === 'all') return this.#failure
    return this.#success === undefined && open === 0 ? { error: this.#noSuccess() } : undefined
  }
}
