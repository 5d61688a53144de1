import { abort } from './abort.mjs'
import { context } from './context.mjs'
import { failures } from './failures.mjs'
import { life } from './life.mjs'
import { limit } from './limit.mjs'
import { order } from './order.mjs'
import { overload } from './overload.mjs'
import { scale } from './scale.mjs'
import { time } from './time.mjs'

export const closureGroups = [limit, order, failures, abort, time, overload, life, context, scale]
