// What a task prints is out before its promise settles, or at least before the process ends by itself.
import test from 'ava'

import { child } from '../support/child.js'

const lines = (what: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${what} ${i}`)
const loaded = ['loaded']

/** By the way in which `fixtures/printing.mjs` prints: its output. */
const OUTPUTS: Record<string, string[]> = {
  'at the end of the script': [...loaded, ...lines('line', 2)],
  'many lines': [...loaded, ...lines('line', 3_000)],
  'of an async task': [...loaded, ...lines('line', 5)],
  'without ends of lines': [...loaded, Array.from({ length: 100 }, (_, i) => `${i},`).join('')],
  'to both': [...loaded, ...lines('out', 20)],
  'of a task that fails': [...loaded, ...lines('line', 5)],
  'of a task that exits': [...loaded, ...lines('line', 5)],
  'at load': loaded,
  'of a guest': [...loaded, ...lines('line', 5)],
  'by runSync': [...loaded, ...lines('line', 100)],
  'by runSync, and fails': [...loaded, ...lines('line', 5)],
  'by runSync, and exits': [...loaded, ...lines('line', 5)],
  'before main goes on': [...loaded, ...Array.from({ length: 5 }, () => [...lines('line', 3), 'main has it']).flat()],
  'before main goes on with a rich result': [...loaded, ...lines('line', 3), 'main has it'],
  'before main goes on after a failure': [...loaded, ...lines('line', 3), 'main has it'],
  'before main goes on, while the thread is busy with another task': [
    ...loaded,
    ...lines('line', 3),
    'main has it',
    'main has the other',
  ],
  'before main exits': [...loaded, ...lines('line', 100)],
  'to createWorker': ['main has 51 lines'],
  'to nobody': ['main has it'],
}

for (const [way, output] of Object.entries(OUTPUTS)) {
  test.serial(`what a task prints is out: ${way}`, async (t) => {
    t.timeout(60_000)
    const { hung, stdout, stderr } = await child('printing', { args: [way], deadlineMs: 30_000 })
    t.false(hung, stderr)
    t.deepEqual(stdout.trimEnd().split('\n'), output)
    t.is(
      stderr,
      way === 'to both'
        ? lines('err', 20)
            .map((line) => `${line}\n`)
            .join('')
        : '',
    )
  })
}

test.serial('what a task prints is out: of many tasks, each line whole', async (t) => {
  const { stdout } = await child('printing', { args: ['of many tasks'] })
  const printed = stdout.trimEnd().split('\n').sort()
  t.deepEqual(
    printed.filter((line) => line !== 'loaded'),
    [...Array(50).fill('line 0'), ...Array(50).fill('line 1')],
  )
})
