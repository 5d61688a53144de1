// A trace goes from `add` to the thread in which the job runs. The store is the one that JOBS_STORE names.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import test from 'ava'
import { BullMQOtel } from 'bullmq-otel'
import { instrument } from 'workpool/opentelemetry'

import { openBoth, prepare } from '../support/jobs.js'
import { rejection } from '../support/until.js'

prepare(test)

const exporter = new InMemorySpanExporter()
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
test.after.always(instrument())

const SDK = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'otel-sdk.mjs')).href

test('the trace of an add is that of the job, of its task in the thread, and of the failed job', async (t) => {
  const telemetry = new BullMQOtel({ tracerName: 'test' })
  const { jobs } = await openBoth(t, { telemetry }, { execArgv: ['--import', SDK] })
  const tracer = trace.getTracer('test')
  const { traceId, traced, failing } = await tracer.startActiveSpan('request', async (span) => {
    const traced = await jobs.add('traced', undefined)
    const failing = await jobs.add('fail', {}, { attempts: 1 })
    span.end()
    return { traceId: span.spanContext().traceId, traced, failing }
  })
  t.is(await traced.result(), traceId)
  await rejection(failing.result())
  const [failed] = await jobs.failed()
  t.is(failed!.traceId, traceId)
  const names = exporter
    .getFinishedSpans()
    .filter((span) => span.spanContext().traceId === traceId)
    .map(({ name }) => name)
  t.true(names.some((name) => name.startsWith('add ')))
  t.true(names.some((name) => name.startsWith('process ')))
  t.true(names.some((name) => /^pool-\d+ run$/.test(name)))
})

test('without telemetry a failed job has no trace', async (t) => {
  const { jobs } = await openBoth(t)
  await rejection((await jobs.add('fail', {}, { attempts: 1 })).result())
  const [failed] = await jobs.failed()
  t.false('traceId' in failed!)
})
