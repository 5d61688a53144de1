/** `workpool/opentelemetry`: spans and metrics of pools, and traces that go into threads. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'

import {
  type Attributes,
  type MeterProvider,
  type Span,
  type TracerProvider,
  SpanStatusCode,
  context,
  metrics,
  trace,
} from '@opentelemetry/api'

import { misuse, wrongType } from '../base/errors.js'
import { throwLater } from '../base/uncaught.js'
import { TRACES } from '../options/built-in-carriers.js'
import { addDefaultCarrier } from '../options/default-carriers.js'
import { captureTrace } from './capture-trace.js'
import { measure } from './opentelemetry-metrics.js'
import { type Surrounding, type TaskMessage, surroundings } from './task-channels.js'

/** The name under which spans and instruments are made. */
const SCOPE = 'workpool'

export interface InstrumentOptions {
  /** Makes the tracer. Default: the global one, also if it is registered later. */
  tracerProvider?: TracerProvider | undefined
  /** Makes the meter. Default: the global one, which has to be registered before. */
  meterProvider?: MeterProvider | undefined
}

interface Traced {
  readonly span: Span
  /** As `performance.now()` says, by which OpenTelemetry takes times. */
  readonly startedAt: number
}

let isInstrumented = false

/**
 * Has OpenTelemetry see all pools of this isolate. Call it once in main, after the SDK has been set up and before pools
 * are made; nothing is to be done in task modules.
 *
 * ```js
 * import { instrument } from 'workpool/opentelemetry'
 *
 * instrument()
 * ```
 *
 * - Each task is a span `{pool} run`, from its submit to its end, a child of the span in which it was submitted. The
 *   event `{pool} wait` is at the end of its wait. A task that fails, times out or is refused sets the status, and
 *   records the exception. An attempt of a policy links to the attempt before it.
 * - A closure runs in the context of its span.
 * - The trace and the baggage go with tasks into the threads of pools that are made from now on, so a span that is made
 *   there is a child, if the thread has an SDK.
 * - Numbers of the pools are observed whenever the meter asks, and the times of tasks are recorded.
 *
 * @returns what ends it: from then on tasks have no spans and no pool is observed. Threads of pools that were made
 *   before still get the traces
 * @throws TypeError with code `ERR_POOL_OPTION` if it has been called before and was not ended, or if an option is wrong
 */
export function instrument(options: InstrumentOptions = {}): () => void {
  const { tracerProvider = trace, meterProvider = metrics } = checked(options)
  if (isInstrumented) throw misuse('instrument has been called before; what it has given ends it')
  const tracer = tracerProvider.getTracer(SCOPE)
  const spans = new WeakMap<TaskMessage, Traced>()

  const surround: Surrounding = (task, submit) => {
    let active = context.active()
    try {
      const before = task.previous === undefined ? undefined : spans.get(task.previous)
      const links = before === undefined ? [] : [{ context: before.span.spanContext() }]
      const span = tracer.startSpan(`${task.pool} run`, { attributes: attributesOf(task), links }, active)
      spans.set(task, { span, startedAt: performance.now() })
      active = trace.setSpan(active, span)
    } catch (error) {
      // The task goes on without a span.
      throwLater(error)
    }
    return context.with(active, submit)
  }
  const meter = measure(meterProvider.getMeter(SCOPE))
  const ended = (message: unknown): void => {
    const task = message as TaskMessage
    meter.record(task)
    const traced = spans.get(task)
    if (traced !== undefined) endSpan(traced, task)
  }

  const takeBack = addDefaultCarrier({ capture: captureTrace, module: TRACES })
  surroundings.push(surround)
  subscribe(ENDED, ended)
  isInstrumented = true
  return () => {
    if (!surroundings.includes(surround)) return
    surroundings.splice(surroundings.indexOf(surround), 1)
    unsubscribe(ENDED, ended)
    takeBack()
    meter.stop()
    isInstrumented = false
  }
}

const ENDED = 'tracing:workpool.task:asyncEnd'

function checked(options: unknown): InstrumentOptions {
  if (typeof options !== 'object' || options === null)
    throw wrongType('the options of instrument', options, 'an object')
  const { tracerProvider, meterProvider, ...others } = options as Record<string, any>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw misuse(`${unknown} is no option of instrument; there are tracerProvider, meterProvider`)
  if (tracerProvider !== undefined && typeof tracerProvider?.getTracer !== 'function') {
    throw wrongType('tracerProvider', tracerProvider, 'a TracerProvider')
  }
  if (meterProvider !== undefined && typeof meterProvider?.getMeter !== 'function') {
    throw wrongType('meterProvider', meterProvider, 'a MeterProvider')
  }
  return { tracerProvider, meterProvider }
}

function attributesOf({ pool, name, priority, key, attempt }: TaskMessage): Attributes {
  return {
    'workpool.pool.name': pool,
    'workpool.task.priority': priority,
    ...(name !== undefined && { 'workpool.task.name': name }),
    ...(key !== undefined && { 'workpool.task.key': key }),
    ...(attempt !== undefined && { 'workpool.task.attempt': attempt }),
  }
}

function endSpan({ span, startedAt }: Traced, task: TaskMessage): void {
  const { pool, id, waitMs, runMs, outcome, reason, error } = task
  span.setAttributes({
    'workpool.pool.name': pool,
    'workpool.task.outcome': outcome,
    'workpool.task.wait_ms': waitMs,
    'workpool.task.run_ms': runMs,
    ...(id !== undefined && { 'workpool.task.id': id }),
    ...(reason !== undefined && { 'workpool.task.refused': reason }),
  })
  span.updateName(`${pool} run`)
  if (id !== undefined) span.addEvent(`${pool} wait`, { 'workpool.task.wait_ms': waitMs }, startedAt + waitMs)
  // That its caller has aborted it is no fault of a task.
  if (outcome !== 'completed' && outcome !== 'cancelled') {
    const exception = error instanceof Error ? error : String(error)
    span.recordException(exception)
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: typeof exception === 'string' ? exception : exception.message,
    })
  }
  span.end()
}
