// Dashboard and alerts ask only for what is scraped; that they ask rightly is checked with a real Prometheus, in prometheus.server.mjs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { Registry } from 'prom-client'
import { Pool, ThreadPool } from 'workpool'
import { collect } from 'workpool/prometheus'

import { serve } from '../support/exposition.js'
import { alertQueries, listQueries, namesIn, panelQueries } from '../support/queries.js'

/** What a Prometheus server adds itself. */
const OF_THE_SERVER = ['job', 'instance']

/** All names of series that there are, with all their labels, from a scrape. */
async function scrapedNames(t: ExecutionContext): Promise<Map<string, Set<string>>> {
  const registry = new Registry()
  const closures = Pool.create({ name: 'closures', measure: true })
  const filename = pathToFileURL(join(process.cwd(), '__test__/fixtures/tasks.mjs'))
  const threads = ThreadPool.create({ name: 'threads', size: 1, filename })
  const { stop } = collect({ registry, pools: () => [closures, threads] })
  t.teardown(async () => {
    stop()
    await threads.destroy()
  })
  await closures.submit(() => {})
  await threads.ready()
  const scrape = await serve(t, registry)
  const names = new Map<string, Set<string>>()
  // The heap of a thread is that of the look before.
  while (!names.has('pool_thread_heap_bytes')) {
    for (const key of (await scrape()).series.keys()) {
      const [, name, labels] = key.match(/^([\w:]+)\{(.*)\}$/)!
      if (!names.has(name!)) names.set(name!, new Set())
      for (const label of labels!.split(';')) names.get(name!)!.add(label.split(',')[0]!)
    }
  }
  return names
}

test('every query of the dashboard and of the alerts names only metrics and labels that are scraped', async (t) => {
  const names = await scrapedNames(t)
  const queries = [
    ...panelQueries().flatMap(({ title, queries }) => queries.map((query) => ({ of: title, query }))),
    ...listQueries().map(({ query, label }) => ({ of: `the list of ${label}`, query: `sum by (${label}) (${query})` })),
    ...alertQueries().map(({ alert, query }) => ({ of: alert, query })),
  ]
  t.true(queries.length > 20)
  for (const { of, query } of queries) {
    const { metrics, labels } = namesIn(query)
    t.true(metrics.length > 0, `${of} names no metric`)
    for (const metric of metrics) t.true(names.has(metric), `${of}: ${metric}`)
    const known = new Set([...metrics.flatMap((metric) => [...(names.get(metric) ?? [])]), ...OF_THE_SERVER])
    for (const label of labels) t.true(known.has(label), `${of}: ${label}`)
  }
  const asked = new Set(queries.flatMap(({ query }) => namesIn(query).metrics))
  const unasked = [...names.keys()].filter((name) => !asked.has(name))
  t.deepEqual(unasked, [], 'the dashboard shows all that there is')
})

test('the names in a query are found', (t) => {
  const { metrics, labels } = namesIn(
    'sum by (pool) (rate(a_total{reason!~"b|c", x="d{e}"}[5m])) / sum without (le) (f) > 1.5e3 and on (job) g offset 5m',
  )
  t.deepEqual(metrics.toSorted(), ['a_total', 'f', 'g'])
  t.deepEqual(labels.toSorted(), ['job', 'le', 'pool', 'reason', 'x'])
})

test('the page names every metric with its kind, and every alert', async (t) => {
  const page = readFileSync(join(process.cwd(), 'docs/prometheus.md'), 'utf8')
  const registry = new Registry()
  using _ = collect({ registry })
  const { types } = await (await serve(t, registry))()
  const shown = [...page.matchAll(/^\| `(pool_\w+)` \| (\w+) \|/gm)].map(([, name, kind]) => [name, kind])
  t.deepEqual(shown, [...types])
  const alerts = [...page.matchAll(/^\| `(Pool\w+)` \|/gm)].map(([, name]) => name)
  t.deepEqual(
    alerts,
    alertQueries().map(({ alert }) => alert),
  )
})
