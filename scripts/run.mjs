/** Runs commands for the other scripts: output goes through, a failure ends the script with the command's code. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs `command` in the root of the project. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) {
    console.error(`${command}: ${error.message}`)
    process.exit(1)
  }
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
}

/** Runs a tool of `node_modules/.bin`. */
export function runTool(tool, args, options) {
  run(process.execPath, [`node_modules/${tool}`, ...args], options)
}
