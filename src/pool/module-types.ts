/** The functions of a task module, as they are called from outside of its threads. */
import type { GroupRunOptions } from '../options/group-options.js'
import type { RunOptions } from '../options/thread-options.js'

/** What is known of the functions of a module of which nothing is known. */
type Functions = Record<string, (...args: any[]) => any>

/** The module, or `Functions` if it is `any`. */
type Known<M> = 0 extends 1 & M ? Functions : M

type FirstArgument<F> = F extends (...args: infer A) => unknown ? (A extends [] ? undefined : A[0]) : never
type Settled<F> = F extends (...args: never[]) => infer T ? Awaited<T> : never

type Iterates = Iterator<any, any, any> | AsyncIterator<any, any, any>

/**
 * Whether calls of a function give chunks: it is a generator, or may be one. A function of which nothing is known, or that
 * is only known to give an `AsyncIterable`, may be called either way.
 */
type Streams<T> = 0 extends 1 & T
  ? 'perhaps'
  : [T] extends [never]
    ? 'never'
    : [T] extends [Iterates]
      ? 'always'
      : [T] extends [AsyncIterable<any>]
        ? 'perhaps'
        : 'never'

/** Whether `run` may call a function. */
type Runs<F> = F extends (...args: never[]) => infer T ? (Streams<T> extends 'always' ? false : true) : false

/** Whether `stream` may call a function. */
type Produces<F> = F extends (...args: never[]) => infer T ? (Streams<T> extends 'never' ? false : true) : false

/**
 * The exported functions of a task module, as a pool has them: with any number of arguments, and with a promise of the
 * result.
 */
export type Tasks<M> = {
  readonly [K in keyof Known<M> as Runs<Known<M>[K]> extends true ? K : never]: Known<M>[K] extends (
    ...args: infer A
  ) => infer T
    ? (...args: A) => Promise<Awaited<T>>
    : never
}

/** Names of the exported functions of a task module that can be called with one argument. */
export type Names<M> = string &
  keyof {
    [
      K in keyof Known<M> as Known<M>[K] extends (argument: any) => unknown
        ? Runs<Known<M>[K]> extends true
          ? K
          : never
        : never
    ]: unknown
  }

/** Names of the exported generators of a task module that can be called with one argument. */
export type StreamNames<M> = string &
  keyof {
    [
      K in keyof Known<M> as Known<M>[K] extends (argument: any) => unknown
        ? Produces<Known<M>[K]> extends true
          ? K
          : never
        : never
    ]: unknown
  }

/** The export that is called if none is named. A module without one gives `never`. */
export type Default<M> = 'default' & Names<M>

/** The generator that is called if none is named. A module without one gives `never`. */
export type StreamDefault<M> = 'default' & StreamNames<M>

/** What an export takes. */
export type Argument<M, N> = N extends keyof Known<M> ? FirstArgument<Known<M>[N]> : never

/** What an export gives, once it is there. */
export type Result<M, N> = N extends keyof Known<M> ? Settled<Known<M>[N]> : never

/** Options that may name an export. */
export type Named<O, N> = O & { name?: N | undefined }

/**
 * Arguments of `run`: the argument may be left out if nothing is known of the module, or if its default export needs
 * none.
 */
export type Call<M, N, O> =
  string extends Names<M>
    ? [argument?: Argument<M, N>, options?: Named<O, N>]
    : M extends { default: () => unknown }
      ? | [argument?: Argument<M, 'default'>, options?: Named<O, undefined>]
        | [argument: Argument<M, N>, options: Named<O, N> & { name: N }]
      : [argument: Argument<M, N>, options?: Named<O, N>]

/** The chunks that a generator gives. */
export type Chunk<M, N> = N extends keyof Known<M> ? ChunkOf<Known<M>[N]> : never
type ChunkOf<F> = F extends (...args: never[]) => infer T
  ? 0 extends 1 & T
    ? any
    : T extends AsyncIterator<infer C, any, any> | Iterator<infer C, any, any> | AsyncIterable<infer C>
      ? C
      : never
  : never

/** Arguments of `stream`: as those of `run`. */
export type StreamCall<M, N, O> =
  string extends StreamNames<M>
    ? [argument?: Argument<M, N>, options?: Named<O, N>]
    : M extends { default: () => Iterates }
      ? | [argument?: Argument<M, 'default'>, options?: Named<O, undefined>]
        | [argument: Argument<M, N>, options: Named<O, N> & { name: N }]
      : [argument: Argument<M, N>, options?: Named<O, N>]

/** The type of `run`, made from the task module: of its default export, or of the export that `name` names. */
export type Run<M> = <N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>) => Promise<Result<M, N>>

/** The type of `run` of a group. */
export type GroupRun<M> = <N extends Names<M> = Default<M>>(
  ...call: Call<M, N, GroupRunOptions>
) => Promise<Result<M, N>>

/** A task module whose export `N` is called if none is named. */
export type WithDefault<M, N> = [N] extends [keyof M] ? Omit<M, 'default'> & { default: M[N] } : M
