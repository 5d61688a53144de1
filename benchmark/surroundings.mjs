/** On what was it measured? A number without its machine and versions says nothing. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'

const LIMITERS = ['p-limit', 'p-map', 'p-queue', 'fastq', 'async-sema', 'async-mutex', 'generic-pool']
const SCHEDULERS = ['bottleneck', 'p-throttle']
const THREADS = ['piscina', 'tinypool', 'poolifier', 'workerpool', 'synckit']
const PACKAGES = [...LIMITERS, ...SCHEDULERS, ...THREADS, 'autocannon', 'tinybench']
const require = createRequire(import.meta.url)

/** @typedef {ReturnType<typeof describeSurroundings>} Surroundings */

/** @param {Record<string, string>} [others] versions that only one question has */
export function describeSurroundings(others = {}) {
  const own = versionIn(new URL('../package.json', import.meta.url).pathname)
  return {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${release()}`,
      // Whoever else computes on the machine is in the numbers: parallel garbage collection shares the cores with them.
      loadBefore: loadavg()[0] ?? 0,
    },
    versions: {
      node: process.versions.node,
      v8: process.versions.v8,
      workpool: own,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionIn(findManifest(name))])),
      ...others,
    },
    nodeFlags: process.execArgv,
  }
}

/** @param {string} path */
function versionIn(path) {
  return /** @type {string} */ (JSON.parse(readFileSync(path, 'utf8')).version)
}

/**
 * A package's manifest, also where its `exports` hide it.
 *
 * @param {string} name
 */
function findManifest(name) {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      readFileSync(`${folder}/${name}/package.json`)
      return `${folder}/${name}/package.json`
    } catch {
      // not in this folder; Node looks in the next one up, and so do we
    }
  }
  throw new Error(`${name} is not installed: npm ci`)
}

/** @param {Surroundings} surroundings */
export function describeInWords({ machine, versions, nodeFlags }) {
  const load = machine.loadBefore.toFixed(2)
  const flags = nodeFlags.length ? nodeFlags.join(' ') : 'none'
  const { node, v8, ...packages } = versions
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}; load before the run ${load}`,
    `Node.js ${node}, V8 ${v8}, flags: ${flags}; garbage collection never forced`,
    Object.entries(packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ]
}
