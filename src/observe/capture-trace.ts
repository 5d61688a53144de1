/** The trace of a caller and its baggage, on the way to a thread. */
import { context, propagation, trace } from '@opentelemetry/api'

/** A span as others know it, and the baggage: what can be cloned. It does not depend on a propagator. */
export interface CarriedTrace {
  readonly span?: { readonly traceId: string; readonly spanId: string; readonly flags: number; readonly state?: string }
  readonly baggage?: readonly { readonly key: string; readonly value: string; readonly metadata?: string }[]
}

/** What a task takes along that is submitted now; `undefined` if there is nothing. */
export function captureTrace(): CarriedTrace | undefined {
  const active = context.active()
  const span = trace.getSpanContext(active)
  const entries = propagation.getBaggage(active)?.getAllEntries() ?? []
  if (span === undefined && entries.length === 0) return undefined
  const state = span?.traceState?.serialize()
  return {
    ...(span !== undefined && {
      span: {
        traceId: span.traceId,
        spanId: span.spanId,
        flags: span.traceFlags,
        ...(state !== undefined && { state }),
      },
    }),
    ...(entries.length > 0 && {
      baggage: entries.map(([key, { value, metadata }]) => ({
        key,
        value,
        ...(metadata !== undefined && { metadata: metadata.toString() }),
      })),
    }),
  }
}
