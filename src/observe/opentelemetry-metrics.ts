/** The numbers of pools as instruments of OpenTelemetry. Their names are those of the Prometheus metrics, whose exporter adds `_total`. */
import type { BatchObservableCallback, Meter } from '@opentelemetry/api'

import { Readings } from './readings.js'
import type { TaskMessage } from './task-channels.js'

/** What a task has taken, in s: from well under a millisecond up to minutes. */
const BOUNDARIES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export interface Measuring {
  /** A task has settled. */
  record(task: TaskMessage): void
  stop(): void
}

export function measure(meter: Meter): Measuring {
  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description })
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
  const duration = histogram('pool_task_duration', 'How long the functions of tasks have run')
  const wait = histogram('pool_task_wait', 'How long tasks have waited')

  const readings = new Readings()
  const observed = [active, idle, waiting, capacity, tasks, refused, workers]
  const observe: BatchObservableCallback = (result) => {
    for (const [pool, reading] of readings.read()) {
      result.observe(active, reading.active, { pool })
      result.observe(idle, reading.idle, { pool })
      result.observe(waiting, reading.waiting, { pool })
      if (Number.isFinite(reading.capacity)) result.observe(capacity, reading.capacity, { pool })
      for (const [outcome, count] of Object.entries(reading.tasks)) result.observe(tasks, count, { pool, outcome })
      for (const [reason, count] of Object.entries(reading.refused)) result.observe(refused, count, { pool, reason })
      for (const [event, count] of Object.entries(reading.workers)) result.observe(workers, count, { pool, event })
    }
  }
  meter.addBatchObservableCallback(observe, observed)
  return {
    record({ pool, outcome, waitMs, runMs }) {
      wait.record(waitMs / 1_000, { pool })
      if (outcome !== 'refused') duration.record(runMs / 1_000, { pool })
    },
    stop: () => meter.removeBatchObservableCallback(observe, observed),
  }
}
