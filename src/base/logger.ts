/**
 * Where a pool reports what no promise can carry: `error` has failures of `execute`, a throwing `panicHandler`; `warn` a failing
 * `dispose`, a closure that submits to its own full pool; `debug` what closures do after they have settled. The shape of pino's loggers:
 * an object, then a message.
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
