/** Errors of a store that cannot be used as it is, whatever job it would be for. */

/** An error with code `ERR_POOL_STORE`. */
export const storeError = (message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code: 'ERR_POOL_STORE' })
