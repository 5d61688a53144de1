/** The options of `report`, and the one place where each is checked. */
import type { Logger } from '../base/logger.js'
import { integer, logger, reader } from './checks.js'

/** Options of `report`. */
export interface ReportOptions {
  /** The time between two lines, in ms: an integer from 1 to 2³¹ − 1. Default 10,000. */
  every?: number | undefined
  /**
   * Whose `info` is called with an object that has the numbers, and the line. Default: the lines go to `console.log`, without
   * the object.
   */
  logger?: Logger | undefined
}

/** What `report` gives. */
export interface Report {
  /** Ends it. A second call does nothing. */
  stop(): void
  /** Is `stop()`, for `using`. */
  [Symbol.dispose](): void
}

export const checkReportOptions = reader('the options of report', {
  every: integer(1, 'an integer from 1 to 2147483647'),
  logger,
})
