/** A suite in one file of a few lines, as no test runner runs on all runtimes: cases one after the other, each bounded in time. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const DEADLINE_MS = 60_000

export const runtime = globalThis.Bun !== undefined ? 'bun' : globalThis.Deno !== undefined ? 'deno' : 'node'

/** The command of this runtime that runs a script. */
const command = runtime === 'deno' ? [process.execPath, 'run', '--allow-all'] : [process.execPath]

async function bounded(run) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${DEADLINE_MS} ms`)), DEADLINE_MS)
  })
  try {
    await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs the cases and prints a line for each. `lacks` says for a runtime why it cannot do what a case is about. */
export async function cases(list) {
  let failed = 0
  for (const [title, run, lacks = {}] of list) {
    const why = lacks[runtime]
    if (why !== undefined) {
      console.log(`skipped ${title}: ${why}`)
      continue
    }
    try {
      await bounded(run)
      console.log(`ok ${title}`)
    } catch (error) {
      failed++
      console.log(`not ok ${title}`)
      console.error(error)
    }
  }
  // What failed may keep the process for ever.
  if (failed > 0) process.exit(1)
}

/** The end of a script of this folder in a process of its own. `signal` is sent once it has printed `ready`. */
export function ending(script, args = [], signal = undefined) {
  return new Promise((resolve, reject) => {
    const [file, ...flags] = command
    const child = spawn(file, [...flags, fileURLToPath(new URL(script, import.meta.url)), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    let isSignalled = false
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
      if (signal === undefined || isSignalled || !stdout.includes('ready')) return
      isSignalled = true
      child.kill(signal)
    })
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    child.on('error', reject)
    child.on('close', (code, endedBy) => {
      clearTimeout(timer)
      resolve({ code, signal: endedBy, stdout, stderr })
    })
  })
}

/** Something that opens, and can be awaited. */
export function gate() {
  let open
  const opened = new Promise((resolve) => (open = resolve))
  return { opened, open }
}

/** Waits until `holds`, or the case is over. */
export async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
