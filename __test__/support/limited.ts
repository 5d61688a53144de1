import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Ending, endingOf } from './child.js'

const DEADLINE_MS = 20_000

/** Root is exempt from a limit of threads, hence somebody else, who may read what root may. */
const AS_NOBODY =
  process.getuid?.() === 0
    ? ['setpriv', '--reuid=65534', '--clear-groups', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
    : []

/** Runs a tool as the child is run: limits of somebody else may not be changed. */
function asChild(...args: readonly string[]): string {
  const [command, ...rest] = [...AS_NOBODY, ...args] as [string, ...string[]]
  return execFileSync(command, rest, { encoding: 'utf8' }).trim()
}

/** Sets a limit of a process: a number; MB of address space beyond what it has; or as much as it may have. */
function setLimit(pid: string, resource: string, limit: string): void {
  let soft = limit
  if (limit === 'lifted') {
    soft = asChild('prlimit', '--pid', pid, `--${resource}`, '--output=HARD', '--noheadings', '--raw')
  } else if (limit.startsWith('+')) {
    const used = Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
    soft = String(used * 1024 + Number(limit) * 2 ** 20)
  }
  asChild('prlimit', '--pid', pid, `--${resource}=${soft}:`)
}

/**
 * Runs `fixtures/<name>.mjs` in a Node of its own, on Linux. A line `limit <resource> <limit>` of what it prints sets a limit of the
 * system for it. The child waits for the answer, a byte on its standard input.
 */
export function limited(name: string, args: readonly string[] = []): Promise<Ending> {
  const script = join(process.cwd(), '__test__', 'fixtures', `${name}.mjs`)
  const [command, ...rest] = [...AS_NOBODY, process.execPath, script, ...args] as [string, ...string[]]
  const env = { ...process.env, NODE_OPTIONS: '' }
  const node = spawn(command, rest, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  node.stdin.on('error', () => {}) // it has ended
  let answered = 0
  return endingOf(node, DEADLINE_MS, (stdout) => {
    const asked = [...stdout.matchAll(/^limit (\w+) (\S+)\n/gm)]
    for (const [, resource, limit] of asked.slice(answered)) {
      setLimit(String(node.pid), resource!, limit!)
      node.stdin.write('.')
    }
    answered = asked.length
  })
}
