/** What a thread does with the trace of a caller and its baggage. */
import {
  type Context,
  ROOT_CONTEXT,
  baggageEntryMetadataFromString,
  context,
  createTraceState,
  propagation,
  trace,
} from '@opentelemetry/api'

import type { CarriedTrace } from './capture-trace.js'

function revive({ span, baggage }: CarriedTrace): Context {
  let revived: Context = ROOT_CONTEXT
  if (span !== undefined) {
    const { traceId, spanId, flags, state } = span
    const traceState = state === undefined ? {} : { traceState: createTraceState(state) }
    // Another isolate, with another tracer, has made the span.
    revived = trace.setSpanContext(revived, { traceId, spanId, traceFlags: flags, isRemote: true, ...traceState })
  }
  if (baggage === undefined) return revived
  const entries = baggage.map(({ key, value, metadata }) => {
    const known = metadata === undefined ? {} : { metadata: baggageEntryMetadataFromString(metadata) }
    return [key, { value, ...known }] as const
  })
  return propagation.setBaggage(revived, propagation.createBaggage(Object.fromEntries(entries)))
}

/** The thread side: the function of the task runs in the context of its caller, as far as the thread has an SDK. */
export const enterTrace = (carried: unknown, call: () => unknown): unknown =>
  context.with(revive(carried as CarriedTrace), call)
