// The dashboard and the alerts by promtool, and a Prometheus that scrapes pools and answers every query. Run by scripts/prometheus.mjs.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import { Registry } from 'prom-client'
import { Pool, ThreadPool } from 'workpool'
import { collect } from 'workpool/prometheus'

import { ALERTS, alertQueries, listQueries, panelQueries } from '../support/queries.ts'

const DEADLINE_MS = 60_000
const program = (name) => join(process.env.PROMETHEUS, name)

function promtool(args, input) {
  const { status, stdout, stderr } = spawnSync(program('promtool'), args, { encoding: 'utf8', input })
  assert.equal(status, 0, `${stdout}${stderr}`)
  return `${stdout}${stderr}`
}

test('promtool finds the alerts right', () => {
  assert.match(promtool(['check', 'rules', ALERTS]), new RegExp(`SUCCESS: ${alertQueries().length} rules found`))
})

test('each alert fires when it should, and does not when it should not', () => {
  assert.match(promtool(['test', 'rules', '__test__/prometheus/alerts.test.yml']), /SUCCESS/)
})

// ── pools that a server scrapes ─────────────────────────────────────────────────────────────────────────────────────

const registry = new Registry()
const closures = Pool.create({ name: 'closures', size: 2, maxBlockingTasks: 1, measure: true })
const threads = ThreadPool.create({
  name: 'threads',
  size: 1,
  measure: true,
  filename: pathToFileURL(join(process.cwd(), '__test__/fixtures/tasks.mjs')),
})
const folder = mkdtempSync(join(tmpdir(), 'workpool-prometheus-'))
let collecting
let target
let server
let api

/** Looks until it gives something; fails with `what` if it never does. */
async function eventually(look, what) {
  const end = performance.now() + DEADLINE_MS
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > end) throw new Error(`never happened: ${what}`)
    await delay(200)
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** What the server answers to a query. */
async function ask(query) {
  const response = await fetch(`${api}/api/v1/query?${new URLSearchParams({ query })}`)
  const { status, error, data } = await response.json()
  assert.equal(status, 'success', `${query}: ${error}`)
  return data.result
}

/** Work of every outcome. */
async function work() {
  const soon = () => delay(5)
  const fails = async () => {
    throw new Error('on purpose')
  }
  await Promise.allSettled([soon, soon, fails, fails].map((task) => closures.submit(task)))
  await threads.run(1)
}

before(async () => {
  collecting = collect({ registry })
  target = createServer(async (_, response) => {
    response.setHeader('Content-Type', registry.contentType).end(await registry.metrics())
  }).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${JSON.stringify(ALERTS)}]
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ['127.0.0.1:${target.address().port}'] }]
`,
  )
  promtool(['check', 'config', config])
  const port = await freePort()
  api = `http://127.0.0.1:${port}`
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  server = spawn(program('prometheus'), flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.setEncoding('utf8').on('data', (text) => (said += text))
  await eventually(async () => {
    assert.equal(server.exitCode, null, said)
    return fetch(`${api}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  }, 'the server is ready')
})

after(async () => {
  collecting?.stop()
  if (server !== undefined && server.exitCode === null) {
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  target?.closeAllConnections()
  target?.close()
  await Promise.all([closures.close(), threads.close()])
  rmSync(folder, { recursive: true, force: true })
})

test('promtool finds nothing to say about what is scraped', async () => {
  await work()
  const text = await registry.metrics()
  assert.equal(promtool(['check', 'metrics'], text), '')
})

test('what the server has is what the pools have counted', async () => {
  await work()
  const { completed, failed, rejected } = closures.stats()
  const value = async (query) => Number((await ask(query))[0]?.value[1])
  await eventually(
    async () => (await value('pool_tasks_total{pool="closures", outcome="completed"}')) === completed,
    'the server has scraped',
  )
  assert.equal(await value('pool_tasks_total{pool="closures", outcome="failed"}'), failed)
  assert.equal(await value('pool_refused_total{pool="closures", reason="overload"}'), rejected.overload)
  assert.equal(await value('pool_task_duration_seconds_count{pool="closures"}'), completed + failed)
})

/** As Grafana fills them in. */
const filledIn = (query) => query.replaceAll(/\$(?:job|instance|pool)\b/g, '.*').replaceAll('$__rate_interval', '10s')

for (const { title, queries } of panelQueries()) {
  test(`the server answers what the panel asks: ${title}`, async () => {
    for (const query of queries.map(filledIn)) {
      const answer = await eventually(async () => {
        await work()
        const series = await ask(query)
        return series.some(({ value }) => Number.isFinite(Number(value[1]))) && series
      }, query)
      const pools = answer.map(({ metric }) => metric.pool)
      assert.ok(pools.includes('threads'), query)
      if (!title.endsWith('of threads')) assert.ok(pools.includes('closures'), query)
    }
  })
}

test('the lists of the dashboard have the job, the instance and the pools', async () => {
  const found = {}
  for (const { query, label } of listQueries()) {
    const series = await ask(`group by (${label}) (${filledIn(query)})`)
    found[label] = series.map(({ metric }) => metric[label]).toSorted()
  }
  assert.deepEqual(found, {
    job: ['shop'],
    instance: [`127.0.0.1:${target.address().port}`],
    pool: ['closures', 'threads'],
  })
})

test('the server has loaded the alerts, and evaluates each without an error', async () => {
  const rules = await eventually(async () => {
    const { data } = await (await fetch(`${api}/api/v1/rules`)).json()
    const [group] = data.groups
    return group?.rules.every(({ health }) => health !== 'unknown') && group.rules
  }, 'all alerts are evaluated')
  assert.deepEqual(
    rules.map(({ name, health }) => [name, health]),
    alertQueries().map(({ alert }) => [alert, 'ok']),
  )
})
