import { cancellation } from './cancellation.mjs'
import { crash } from './crash.mjs'
import { errors } from './errors.mjs'
import { eventLoop } from './event-loop.mjs'
import { loading } from './loading.mjs'
import { many } from './many.mjs'
import { payloads } from './payloads.mjs'
import { queue } from './queue.mjs'
import { shutdown } from './shutdown.mjs'
import { sizing } from './sizing.mjs'

export const threadGroups = [loading, payloads, sizing, queue, cancellation, crash, errors, shutdown, eventLoop, many]
