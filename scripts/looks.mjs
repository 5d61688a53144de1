/**
 * What a look at the threads of a pool costs: how long `stacks()` takes, and for how long a thread stands for it. `node scripts/looks.mjs
 * [looks]`. It goes by the package that `npm run build` has made.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ThreadPool } from '../dist/index.js'

const looks = Number(process.argv[2] ?? 50)
const folder = mkdtempSync(join(tmpdir(), 'workpool-looks-'))
const filename = join(folder, 'tasks.mjs')
// The longest time between two rounds of the loop that the thread has seen since it was asked last.
writeFileSync(
  filename,
  `export const loop = (cells) => {
  const gaps = new Float64Array(cells.buffer, 8)
  let last = performance.now()
  while (Atomics.load(cells, 0) === 0) {
    const now = performance.now()
    if (now - last > gaps[0]) gaps[0] = now - last
    last = now
  }
}
export default () => {}
`,
)
const threads = 2
const pool = ThreadPool.create({ filename, size: threads })
const cells = Array.from({ length: threads }, () => new Int32Array(new SharedArrayBuffer(16)))
const gapOf = (of) => new Float64Array(of.buffer, 8)
const running = cells.map((of) => pool.run(of, { name: 'loop' }))
const median = (numbers) => numbers.toSorted((one, other) => one - other)[numbers.length >> 1]

async function measure(look) {
  const times = []
  const gaps = []
  for (let round = 0; round < looks; round++) {
    for (const of of cells) gapOf(of)[0] = 0
    const start = performance.now()
    await look()
    times.push(performance.now() - start)
    gaps.push(Math.max(...cells.map((of) => gapOf(of)[0])))
  }
  return `${median(times).toFixed(1)} ms, longest stop of a thread ${median(gaps).toFixed(1)} ms (medians of ${looks})`
}

await new Promise((resolve) => setTimeout(resolve, 300))
const start = performance.now()
await pool.stacks()
console.log(`the first look, which loads the inspector: ${(performance.now() - start).toFixed(1)} ms`)
console.log(`a look at ${threads} threads that compute: ${await measure(() => pool.stacks())}`)
console.log(`as long, without a look: ${await measure(() => new Promise((resolve) => setTimeout(resolve, 10)))}`)
for (const of of cells) Atomics.store(of, 0, 1)
await Promise.all(running)
await pool.close()
rmSync(folder, { recursive: true })
