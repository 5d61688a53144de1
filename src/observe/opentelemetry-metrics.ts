/** The numbers of pools as instruments of OpenTelemetry. Their names are those of the Prometheus metrics, whose exporter adds `_total`. */
import type { BatchObservableCallback, Meter } from '@opentelemetry/api'

import { enlisted } from '../base/registry.js'
import { Readings } from './readings.js'
import { BOUNDARIES } from './times.js'
import type { TaskMessage } from './task-channels.js'
import { ThreadReadings } from './thread-readings.js'

export interface Measuring {
  /** A task has settled. */
  record(task: TaskMessage): void
  stop(): void
}

export function measure(meter: Meter): Measuring {
  const gauge = (name: string, description: string, unit?: string) =>
    meter.createObservableGauge(name, { description, ...(unit !== undefined && { unit }) })
  const counter = (name: string, description: string) => meter.createObservableCounter(name, { description })
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: BOUNDARIES } })

  const active = gauge('pool_active_workers', 'Workers that have a task, start or end')
  const idle = gauge('pool_idle_workers', 'Live workers without a task')
  const waiting = gauge('pool_waiting_tasks', 'Accepted tasks that have no worker yet')
  const capacity = gauge('pool_capacity', 'Most live workers; not observed if there is no limit')
  const tasks = counter('pool_tasks', 'Tasks that have ended, by outcome')
  const refused = counter('pool_refused', 'Tasks that were not run, by reason')
  const workers = counter('pool_workers', 'Workers, by what has become of them')
  const utilization = gauge('pool_thread_utilization', 'The share of time in which the event loop of a thread was busy')
  const heap = gauge('pool_thread_heap', 'How much of its heap a thread uses', 'By')
  const duration = histogram('pool_task_duration', 'How long the functions of tasks have run')
  const wait = histogram('pool_task_wait', 'How long tasks have waited')

  const readings = new Readings(false)
  const threads = new ThreadReadings()
  const observed = [active, idle, waiting, capacity, tasks, refused, workers, utilization, heap]
  const observe: BatchObservableCallback = (result) => {
    for (const [pool, { counts, gauges }] of readings.read()) {
      if (gauges !== undefined) {
        result.observe(active, gauges.busy, { pool })
        result.observe(idle, gauges.idle, { pool })
        result.observe(waiting, gauges.waiting, { pool })
        if (Number.isFinite(gauges.capacity)) result.observe(capacity, gauges.capacity, { pool })
      }
      for (const [outcome, count] of Object.entries(counts.tasks)) result.observe(tasks, count, { pool, outcome })
      for (const [reason, count] of Object.entries(counts.refused)) result.observe(refused, count, { pool, reason })
      for (const [event, count] of Object.entries(counts.workers)) result.observe(workers, count, { pool, event })
    }
    for (const { pool, thread, utilization: share, heapBytes } of threads.read(enlisted())) {
      if (share !== undefined) result.observe(utilization, share, { pool, thread })
      if (heapBytes !== undefined) result.observe(heap, heapBytes, { pool, thread })
    }
  }
  meter.addBatchObservableCallback(observe, observed)
  return {
    record({ pool, outcome, waitMs, runMs }) {
      wait.record(waitMs / 1_000, { pool })
      if (outcome !== 'refused') duration.record(runMs / 1_000, { pool })
    },
    stop() {
      meter.removeBatchObservableCallback(observe, observed)
      readings.stop()
    },
  }
}
