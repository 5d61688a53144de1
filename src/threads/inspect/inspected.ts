/** What an isolate that looks asks of the thread that speaks with the inspector, and what that answers. Types only. */
import type { Profiler } from 'node:inspector'

/** `threads`: Node's numbers of the threads. */
export type Question =
  | { readonly ask: 'attach'; readonly threads: readonly number[] }
  | { readonly ask: 'stacks'; readonly threads: readonly number[] }
  | { readonly ask: 'profiles'; readonly threads: readonly number[]; readonly ms: number }

/** One for each thread that was asked about, in their order; nothing of a thread that has ended. */
export interface Answers {
  readonly attach: undefined
  readonly stacks: readonly (string | undefined)[]
  readonly profiles: readonly (Profiler.Profile | undefined)[]
}

export type Answer =
  | { readonly value: Answers[keyof Answers] }
  /** The inspector cannot be used. `code`: that of the error, which does not cross with it. */
  | { readonly error: unknown; readonly code: unknown }
