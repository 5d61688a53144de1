import type { IncomingMessage, ServerResponse } from 'node:http'

import { misuse, wrongType } from '../base/errors.js'
import { follow } from '../base/follow.js'
import { consoleLogger } from '../base/logger.js'
import { throwLater } from '../base/uncaught.js'
import { functionOf, reader } from '../options/checks.js'
import { SUBMIT, type SubmitOptions } from '../options/options.js'
import { POLICY } from '../options/policy-options.js'
import type { TaskContext } from '../origin/task.js'
import { toHttp } from './answer.js'
import { signalOf } from './client-signal.js'
import { sendAnswer } from './send-answer.js'

/** A pool of closures: a `Pool`, a `MultiPool` of such pools, or a view of one, which `with` gives. */
export interface BoundedPool<R> {
  submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<T>, options?: SubmitOptions): Promise<Awaited<T>>
  with(options: SubmitOptions): {
    submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<T>, options?: SubmitOptions): Promise<Awaited<T>>
  }
}

/** Options of `bounded`: those of a task, which hold for each request, and these. */
export interface BoundedOptions<Request = IncomingMessage, Response = ServerResponse> extends SubmitOptions {
  /**
   * Gives options of the task of one request, such as its `key`. They win over the others; but all signals abort. What it
   * throws is treated as what the handler throws.
   */
  forRequest?: ((request: Request) => SubmitOptions) | undefined
  /**
   * Is called with what is no refusal of the pool, and has not been answered: what the handler throws, above all. Default:
   * behind Express `next(error)`; otherwise the error is written to the console, and the answer is 500.
   */
  onError?: ((error: unknown, request: Request, response: Response) => void) | undefined
}

/** A request handler for `node:http` and Express. */
export type BoundedHandler<Request, Response> = (
  request: Request,
  response: Response,
  next?: (error?: unknown) => void,
) => void

const check = reader('the options of bounded', { ...SUBMIT, ...POLICY, forRequest: functionOf, onError: functionOf })

/** Nobody else sees it. */
function answerError(error: unknown, response: ServerResponse): void {
  consoleLogger.error({ err: error }, 'a request failed')
  sendAnswer(response, { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error\n' })
}

/**
 * Makes a request handler that runs in a pool: as many requests at once as the pool has workers, and as many waiting as
 * it allows.
 *
 * - A request that the pool refuses is answered with 503 and `retry-after`, one that takes longer than its `timeout`
 *   with 504, as `toHttp` says. If the head of the answer has been sent, the connection is closed instead.
 * - When the client is gone before its answer is finished, a request that waits never runs; `context.signal` of one that
 *   runs aborts.
 * - The worker is free when the promise of the handler settles. So await all that the handler does, such as
 *   `pipeline(file, response)`.
 *
 * ```js
 * import { createServer } from 'node:http'
 * import { Pool } from 'workpool'
 * import { bounded } from 'workpool/http'
 *
 * const pool = Pool.create({ size: 50, maxBlockingTasks: 1_000 })
 * const handler = bounded(pool, async (request, response, { signal }) => {
 *   response.end(await render(request.url, signal))
 * }, { waitTimeout: 500 })
 * createServer(handler)
 * ```
 *
 * @param pool a pool of closures; `context.resource` is what its worker holds
 * @param handler answers the request; what it returns is not used
 * @throws TypeError, RangeError with code `ERR_POOL_OPTION`
 */
export function bounded<R, Request extends IncomingMessage, Response extends ServerResponse>(
  pool: BoundedPool<R>,
  handler: (request: Request, response: Response, context: TaskContext<R>) => unknown,
  options: BoundedOptions<Request, Response> = {},
): BoundedHandler<Request, Response> {
  assertOfClosures(pool)
  if (typeof handler !== 'function') throw wrongType('handler', handler, 'a function')
  check(options)
  const { forRequest, onError, ...task } = options
  const view = pool.with(task)

  return (request, response, next) => {
    const signal = signalOf(response)
    const failed = (error: unknown): void => {
      // There is nobody to answer.
      if (signal.aborted) return
      const answer = toHttp(error)
      if (answer !== undefined) sendAnswer(response, answer)
      else if (onError !== undefined) onError(error, request, response)
      else if (typeof next === 'function') next(error)
      else answerError(error, response)
    }
    const failedNow = (error: unknown): void => {
      try {
        failed(error)
      } catch (thrown) {
        throwLater(thrown)
      }
    }
    try {
      const own = forRequest === undefined ? view : pool.with({ ...task, ...forRequest(request) })
      const answered = own.submit((context) => handler(request, response, context), { signal })
      follow(answered, noop, failedNow)
    } catch (error) {
      failedNow(error)
    }
  }
}

const noop = (): void => {}

/** At once, rather than with the first request. */
export function assertOfClosures(pool: unknown): asserts pool is BoundedPool<unknown> {
  const { submit, with: withOptions, kind, at } = Object(pool) as Record<string, any>
  if (typeof withOptions !== 'function') throw wrongType('pool', pool, 'a pool')
  // The pools of a MultiPool are of one kind.
  const one = kind === 'multi' ? at.call(pool, 0) : pool
  if (typeof submit !== 'function' || one.kind === 'threads') {
    throw misuse('a request needs a pool of closures, a Pool; its handler may call a ThreadPool')
  }
}
