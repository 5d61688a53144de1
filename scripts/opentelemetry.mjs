/**
 * `npm run test:opentelemetry`: the tests of `workpool/opentelemetry` with the oldest API that it supports and with the newest API and SDK, on
 * this Node and on the newest. They run in a copy beside which these packages are.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { obtainRuntime, runtimes } from './obtain-runtime.mjs'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { obtain } from './tools.mjs'

const SPECS = ['__test__/observe/opentelemetry.spec.ts', '__test__/observe/tracing.spec.ts']
const MINUTES = 5

const newest = runtimes.findLast(({ name }) => name === 'node')

/** What SDK 2 has and SDK 3 has not, or otherwise. */
const SDK_OF_NODE = `
const { context, propagation, trace } = require('@opentelemetry/api')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } = require('@opentelemetry/core')
const sdk = require('@opentelemetry/sdk-trace')
module.exports = {
  ...sdk,
  SimpleSpanProcessor: class extends sdk.SimpleSpanProcessor {
    constructor(exporter) {
      super({ exporter })
    }
  },
  NodeTracerProvider: class extends sdk.TracerProvider {
    register() {
      trace.setGlobalTracerProvider(this)
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
      const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
      propagation.setGlobalPropagator(new CompositePropagator({ propagators }))
    }
  },
}
`

const SETS = [
  {
    name: 'API 1.9.0, SDK 2',
    folder: 'opentelemetry-2',
    packages: {
      '@opentelemetry/api': '1.9.0',
      '@opentelemetry/instrumentation-undici': '0.29.0',
      '@opentelemetry/sdk-metrics': '2.12.1',
      '@opentelemetry/sdk-trace-node': '2.12.1',
    },
    nodes: [{ name: 'node', version: process.versions.node }, newest],
  },
  {
    name: 'API 1.10.0, SDK 3',
    folder: 'opentelemetry-3',
    packages: {
      '@opentelemetry/api': '1.10.0',
      '@opentelemetry/context-async-hooks': '3.1.1',
      '@opentelemetry/core': '3.1.1',
      '@opentelemetry/instrumentation-undici': '0.34.0',
      '@opentelemetry/sdk-metrics': '3.1.1',
      '@opentelemetry/sdk-trace': '3.1.1',
    },
    shim: SDK_OF_NODE,
    // SDK 3 needs a newer Node than 20.
    nodes: [newest],
  },
]

/** The code and the tests, beside which are these packages and all others of the repository. */
function copyBeside(modules) {
  const place = join(dirname(modules), 'application')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(join(place, 'node_modules'), { recursive: true })
  for (const part of ['package.json', 'ava.config.mjs', 'tsconfig.json', 'dist', 'binding', 'src', '__test__'])
    cpSync(join(root, part), join(place, part), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const from = name === '@opentelemetry' ? modules : join(root, 'node_modules')
    symlinkSync(join(from, name), join(place, 'node_modules', name), 'junction')
  }
  return place
}

setUp()
let failed = 0
for (const { name, folder, packages, shim, nodes } of SETS) {
  const modules = obtain(folder, packages)
  if (shim !== undefined) {
    const place = join(modules, '@opentelemetry/sdk-trace-node')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'index.js'), shim)
  }
  const application = copyBeside(modules)
  for (const node of nodes) {
    const label = `${name}, Node ${node.version}`
    const { path, why } = obtainRuntime(node)
    if (path === undefined) {
      console.log(`skipped: ${label}: ${why}`)
      continue
    }
    const ava = join(application, 'node_modules/ava/entrypoints/cli.mjs')
    const { status, stdout, stderr } = spawnSync(path, [ava, '--concurrency', '1', ...SPECS], {
      cwd: application,
      encoding: 'utf8',
      timeout: MINUTES * 60_000,
      killSignal: 'SIGKILL',
    })
    const [count] = stdout.match(/\d+ tests? passed/) ?? []
    console.log(`${status === 0 ? 'ok' : 'not ok'} ${label}: ${count ?? 'none passed'}`)
    if (status === 0) continue
    failed++
    console.error(`${stdout}${stderr}`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
