import { PoolError, PoolOverloadError, type PoolErrorCode } from '../base/errors.js'

/** What to answer a request whose task the pool did not run to its end. */
export interface HttpAnswer {
  /** 503 or 504. */
  readonly status: number
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON: `statusCode`, `error` and `message`. It names neither the pool nor its numbers. */
  readonly body: string
}

type Kind = 'busy' | 'closing' | 'slow'

/** The other errors are faults of the program, or no end of a task. */
const KINDS: Partial<Record<PoolErrorCode, Kind>> = {
  ERR_POOL_OVERLOAD: 'busy',
  ERR_POOL_WAIT_TIMEOUT: 'busy',
  ERR_POOL_CLEARED: 'busy',
  ERR_POOL_NO_THREAD: 'busy',
  ERR_POOL_CLOSED: 'closing',
  ERR_POOL_TASK_TIMEOUT: 'slow',
  ERR_POOL_GROUP_TIMEOUT: 'slow',
  ERR_POOL_RESULT_TIMEOUT: 'slow',
}

const ANSWERS = {
  busy: { statusCode: 503, error: 'Service Unavailable', message: 'The server is busy; try again later' },
  closing: { statusCode: 503, error: 'Service Unavailable', message: 'The server is closing; try again later' },
  slow: { statusCode: 504, error: 'Gateway Timeout', message: 'The answer took too long' },
} as const

/** When nobody knows better. */
const RETRY_AFTER_MS = 1_000

/**
 * What to answer if a task was refused by its pool, or was not done in time.
 *
 * | error | status | `retry-after` |
 * |---|---|---|
 * | `PoolOverloadError` | 503 | `retryAfter` of the error in seconds, rounded up; 1 if it is not known |
 * | `WaitTimeoutError`, `PoolClearedError`, `PoolClosedError`, `NoThreadError` | 503 | 1 |
 * | `TaskTimeoutError`, `GroupTimeoutError`, `ResultTimeoutError` | 504 | – |
 *
 * ```js
 * import { createServer } from 'node:http'
 * import { toHttp } from 'workpool/http'
 *
 * createServer(async (request, response) => {
 *   try {
 *     response.end(await pool.submit(() => render(request.url)))
 *   } catch (error) {
 *     const { status, headers, body } = toHttp(error) ?? { status: 500, headers: {}, body: '' }
 *     response.writeHead(status, headers).end(body)
 *   }
 * })
 * ```
 *
 * @returns `undefined` if the error is none of these: a fault of the program, which is for its own error handler; or the
 *   reason of an abort, such as that of `signalOf`, after which there is nobody to answer
 */
export function toHttp(error: unknown): HttpAnswer | undefined {
  const kind = PoolError.is(error) ? KINDS[error.code] : undefined
  if (kind === undefined) return undefined
  const answer = ANSWERS[kind]
  const retryAfter = PoolOverloadError.is(error) ? error.retryAfter : undefined
  const seconds = Math.max(1, Math.ceil((retryAfter ?? RETRY_AFTER_MS) / 1_000))
  return {
    status: answer.statusCode,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(kind !== 'slow' && { 'retry-after': `${seconds}` }),
    },
    body: JSON.stringify(answer),
  }
}
