import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

import { gate } from './gate.js'

const DEADLINE_MS = 10_000
const FIXTURES = join(process.cwd(), '__test__', 'fixtures')

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Whether it had to be killed at the deadline. */
  readonly hung: boolean
  /** As `Date.now()`. */
  readonly endedAt: number
}

export interface ChildOptions {
  readonly args?: readonly string[]
  readonly execArgv?: readonly string[]
  /** Sent as soon as the child has printed `ready`. */
  readonly signal?: NodeJS.Signals
  /** When it is killed as hung. Default 10 s. */
  readonly deadlineMs?: number
}

/** Runs `fixtures/<name>.mjs` in a Node of its own, until it ends or its deadline is over. */
export function child(
  name: string,
  { args = [], execArgv = [], signal, deadlineMs = DEADLINE_MS }: ChildOptions = {},
): Promise<Ending> {
  const script = join(FIXTURES, `${name}.mjs`)
  const env = { ...process.env, NODE_OPTIONS: '' }
  const node = spawn(process.execPath, [...execArgv, script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let due = signal
  return endingOf(node, deadlineMs, (stdout) => {
    if (due !== undefined && stdout.includes('ready')) {
      node.kill(due)
      due = undefined
    }
  })
}

/** How a process ends, or its deadline; `onOutput` is called with all that it has printed, whenever that is more. */
export function endingOf(node: ChildProcess, deadlineMs: number, onOutput: (stdout: string) => void): Promise<Ending> {
  const ending = gate<Ending>()
  let stdout = ''
  let stderr = ''
  let hung = false
  const timer = setTimeout(() => {
    hung = true
    node.kill('SIGKILL')
  }, deadlineMs)
  node.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    onOutput(stdout)
  })
  node.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  let endedAt = 0
  node.on('exit', () => (endedAt = Date.now()))
  node.on('error', ending.fail)
  node.on('close', (code, endedBy) => {
    clearTimeout(timer)
    ending.open({ code, signal: endedBy, stdout, stderr, hung, endedAt })
  })
  return ending.promise
}
