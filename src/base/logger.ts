/**
 * Where a pool reports what no promise can carry. Each method is called with an object and a message, as pino's are.
 *
 * - `error`: a task of `execute` has failed, or `panicHandler` has thrown.
 * - `warn`: `dispose` has failed, or a closure submits to its own full pool; once a second, how many tasks of `execute`
 *   were displaced, shed or cleared, unless there is a `panicHandler`.
 * - `debug`: a closure has ended after its promise had settled.
 */
export interface Logger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** Warnings and errors to the console, nothing else. */
export const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn(details, message) {
    console.warn(message, details)
  },
  error(details, message) {
    console.error(message, details)
  },
}
