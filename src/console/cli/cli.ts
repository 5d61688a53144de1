/** `workpool top <url>`: what the page of `workpool/console` shows, in a terminal. */
import { parseArgs } from 'node:util'

import type { ConsoleSnapshot } from '../snapshot.js'

import { snapshots } from './stream.js'
import { linesOf } from './table.js'

const USAGE = `usage: workpool top <url> [--once] [--header 'name: value'] …

Shows the pools of a service that has consolePage() of workpool/console at this url, those that are busiest first,
and again every second. Ctrl+C ends it.

  --once     show them once, as soon as there is a rate
  --header   send this with the request, such as 'authorization: Bearer …'
`

const CLEAR = '\u001b[H\u001b[2J'

/** The arguments, or what is wrong with them. */
function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        once: { type: 'boolean', default: false },
        header: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    })
    const [verb, address, ...more] = positionals
    if (values.help) return { help: true } as const
    if (verb !== 'top' || address === undefined || more.length > 0) return { problem: 'a url is needed' } as const
    if (!/^https?:/.test(address) || !URL.canParse(address)) return { problem: `${address} is no url of http` } as const
    const pairs = values.header.map((header) => /^([^:]+):\s*(.*)$/.exec(header))
    if (pairs.includes(null)) return { problem: "a header is 'name: value'" } as const
    const headers = Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]))
    return { url: new URL(address), once: values.once, headers } as const
  } catch (error) {
    return { problem: (error as Error).message } as const
  }
}

async function top(url: URL, headers: Readonly<Record<string, string>>, once: boolean): Promise<void> {
  const { stdout } = process
  let before: ConsoleSnapshot | undefined
  for await (const now of snapshots(url, headers)) {
    if (!once || before !== undefined) {
      const lines = linesOf(now, before, stdout.columns ?? 1_000)
      const shown = stdout.isTTY ? lines.slice(0, stdout.rows - 1) : lines
      stdout.write(`${stdout.isTTY && !once ? CLEAR : ''}${shown.join('\n')}\n`)
    }
    if (once && before !== undefined) return
    before = now
  }
  throw new Error(`${url.href} has ended the stream`)
}

const { help, problem, url, headers, once } = {
  help: false,
  problem: '',
  url: undefined,
  headers: {},
  once: false,
  ...readArguments(),
}
if (help) process.stdout.write(USAGE)
else if (url === undefined) {
  process.stderr.write(`workpool: ${problem}\n\n${USAGE}`)
  process.exitCode = 2
} else {
  process.stdout.on('error', () => process.exit(0))
  top(url, headers, once).then(
    () => process.exit(0),
    (error: Error) => {
      process.stderr.write(`workpool: ${error.message}\n`)
      process.exit(1)
    },
  )
}
