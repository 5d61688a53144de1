import { follow, isThenable } from '../base/follow.js'
import type { Logger } from '../base/logger.js'
import type { PoolOptions } from '../options/options.js'
import type { TaskInfo } from '../options/task-info.js'

const noop = (): void => {}

/** Reports what no promise carries. Nothing that a handler or a logger does gets back into the pool. */
export class Failures {
  readonly #logger: Logger

  constructor(
    readonly pool: string,
    readonly panicHandler: PoolOptions['panicHandler'],
    logger: Logger,
  ) {
    this.#logger = logger
  }

  log(level: keyof Logger, details: object, message: string): void {
    try {
      this.#logger[level]({ pool: this.pool, ...details }, `workpool: ${message}`)
    } catch {
      // Nobody is left to be told.
    }
  }

  /** A task has failed, or a task without a promise has ended without success. */
  report(error: unknown, task: TaskInfo): void {
    if (this.panicHandler === undefined) {
      this.log('error', { err: error, task }, 'a task failed')
      return
    }
    const failed = (thrown: unknown) => this.log('error', { err: thrown, task }, 'panicHandler itself failed')
    try {
      const result = this.panicHandler(error, task)
      if (isThenable(result)) follow(result, noop, failed)
    } catch (thrown) {
      failed(thrown)
    }
  }
}
