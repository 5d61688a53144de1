/** The options of a MultiPool over native pools. */
import { reader } from './checks.js'
import { MULTI } from './multi-pool-options.js'
import { NATIVE, NO_JOB_OPTIONS } from './native-options.js'

const readOfNatives = reader(MULTI.what, { strategy: MULTI.strategy, defaults: NATIVE.defaults })

/** The options of `MultiPool.of`, checked, over native pools. */
export function checkOfNatives(options: unknown) {
  const { strategy = MULTI.default, defaults = NO_JOB_OPTIONS } = readOfNatives(options)
  return { strategy, defaults }
}
