/** The metrics by name, and how they come from what is read of pools. */
import type { Reading } from '../observe/readings.js'
import type { ThreadReading } from '../observe/thread-readings.js'
import { BOUNDARIES, type Times, secondsOf } from '../observe/times.js'
import { PulledMetric, type Sample } from './metric.js'

/** What is read at one moment. */
export interface Scrape {
  readonly pools: ReadonlyMap<string, Reading>
  readonly threads: readonly ThreadReading[]
}

type Labels = Readonly<Record<string, string>>

/** The lines of a histogram. */
const linesOf = (name: string, labels: Labels, { count, sum, below }: Times): Sample[] => [
  ...BOUNDARIES.map((le, bound) => ({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: below[bound]! })),
  { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
  { metricName: `${name}_sum`, labels, value: secondsOf(sum) },
  { metricName: `${name}_count`, labels, value: count },
]

/**
 * @param labels of all series
 * @param now gives what is read at this moment
 */
export function metricsOf(prefix: string, labels: Labels, now: () => Scrape): PulledMetric[] {
  const ofPools = (samples: (reading: Reading, own: Labels, name: string) => Sample[]) => (name: string) =>
    [...now().pools].flatMap(([pool, reading]) => samples(reading, { ...labels, pool }, name))

  const gauge = (name: string, help: string, value: keyof NonNullable<Reading['gauges']>) =>
    new PulledMetric(
      prefix + name,
      'gauge',
      help,
      ofPools(({ gauges }, own) => (gauges === undefined ? [] : [{ labels: own, value: gauges[value] }])),
    )
  const counters = (name: string, help: string, counts: 'tasks' | 'refused' | 'workers', label: string) =>
    new PulledMetric(
      prefix + name,
      'counter',
      help,
      ofPools((reading, own) =>
        Object.entries(reading.counts[counts]).map(([key, value]) => ({ labels: { ...own, [label]: key }, value })),
      ),
    )
  const histogram = (name: string, help: string, measure: 'wait' | 'run') =>
    new PulledMetric(
      prefix + name,
      'histogram',
      help,
      ofPools(({ counts }, own, full) => {
        const times = counts[measure]
        return times === undefined ? [] : linesOf(full, own, times)
      }),
    )
  const ofThreads = (name: string, help: string, of: 'utilization' | 'heapBytes') =>
    new PulledMetric(prefix + name, 'gauge', help, () =>
      now().threads.flatMap(({ pool, thread, [of]: value }) =>
        value === undefined ? [] : [{ labels: { ...labels, pool, thread: String(thread) }, value }],
      ),
    )

  return [
    gauge('active_workers', 'Workers that have a task, start or end.', 'busy'),
    gauge('idle_workers', 'Live workers without a task.', 'idle'),
    gauge('waiting_tasks', 'Accepted tasks that have no worker yet.', 'waiting'),
    gauge('capacity', 'The largest number of live workers; +Inf if there is no limit.', 'capacity'),
    counters('tasks_total', 'Tasks that have ended, by outcome.', 'tasks', 'outcome'),
    counters('refused_total', 'Tasks that were not run, by reason.', 'refused', 'reason'),
    new PulledMetric(
      `${prefix}panics_total`,
      'counter',
      'Tasks that failed: their function threw or rejected, or their worker died or could not start.',
      ofPools(({ counts: { tasks } }, own) =>
        tasks['failed'] === undefined ? [] : [{ labels: own, value: tasks['failed'] }],
      ),
    ),
    counters('workers_total', 'Workers, by what has become of them.', 'workers', 'event'),
    histogram('task_duration_seconds', 'How long the functions of tasks have run, of pools that measure.', 'run'),
    histogram('task_wait_seconds', 'How long tasks have waited until they began, of pools that measure.', 'wait'),
    ofThreads('thread_utilization', 'The share of time in which the event loop of a thread was busy.', 'utilization'),
    ofThreads('thread_heap_bytes', 'How much of its heap a thread uses.', 'heapBytes'),
  ]
}
