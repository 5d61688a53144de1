/**
 * The other half: work that needs the processor. All Markdown files of the dependencies are rendered to HTML, on this event loop
 * and in the threads of a pool, while this event loop would have other things to do: how long it keeps them waiting is measured.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { ThreadPool } from 'workpool'
import renderInline from './render.mjs'
import { whole } from './table.mjs'

/** How long each of the two renders, over and over again. */
export const cpuMs = 4_000

/** Whoever gets a smaller share of the processors that its threads could use shares them with other work. */
const ENOUGH = 0.75

const folder = fileURLToPath(new URL('../node_modules', import.meta.url))

async function markdownFiles() {
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.toLowerCase().endsWith('.md')).map((name) => join(folder, name))
}

/**
 * Renders files until the time is up, as many at once as `width`.
 *
 * @param {string} title
 * @param {(path: string) => Promise<string>} render
 * @param {number} width
 * @param {readonly string[]} files
 * @param {(title: string, share: number) => void} onProgress
 */
async function measure(title, render, width, files, onProgress) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const start = performance.now()
  let next = 0
  let rendered = 0
  let characters = 0
  const worker = async () => {
    for (;;) {
      const passed = performance.now() - start
      if (passed >= cpuMs) return
      onProgress(title, passed / cpuMs)
      const html = await render(files[next++ % files.length])
      rendered++
      characters += html.length
    }
  }
  // The first round is for compilers and caches.
  await Promise.all(Array.from({ length: width }, () => render(files[0])))
  delay.enable()
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: width }, worker))
  const { user, system } = process.cpuUsage(before)
  delay.disable()
  const seconds = (performance.now() - start) / 1_000
  return {
    title,
    perSecond: rendered / seconds,
    megabytesPerSecond: characters / seconds / 1e6,
    p99Ms: delay.percentile(99) / 1e6,
    worstMs: delay.max / 1e6,
    processors: (user + system) / 1e6 / seconds,
  }
}

/** @param {(title: string, share: number) => void} onProgress */
export async function measureCpu(onProgress) {
  const files = await markdownFiles()
  const results = [await measure('inline', renderInline, 8, files, onProgress)]
  // A file is read while another one is rendered.
  const pool = ThreadPool.create({ filename: new URL('render.mjs', import.meta.url), concurrency: 4 })
  await pool.ready()
  results.push(await measure('ThreadPool', (path) => pool.run(path), 8 * pool.capacity, files, onProgress))
  const threads = pool.running
  await pool.close()
  return { files: files.length, threads, results }
}

/** @param {Awaited<ReturnType<typeof measureCpu>>} measured */
export function cpuTable({ files, threads, results }) {
  const head = ['mode', 'files/s', 'MB of HTML/s', 'processors', 'loop delay p99 ms', 'worst ms']
  const rows = results.map(({ title, perSecond, megabytesPerSecond, processors, p99Ms, worstMs }) => [
    title,
    whole(perSecond),
    megabytesPerSecond.toFixed(1),
    processors.toFixed(2),
    p99Ms.toFixed(1),
    worstMs.toFixed(1),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)))
  const lines = [head, ...rows].map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '),
  )
  const rule = '─'.repeat(lines[0].length)
  const legend = `${files} Markdown files rendered over and over; threads: ${threads}. Loop delay: of this process's event loop, by 1 ms timers.`
  const had = results.map(({ processors }) => processors)
  const isDisturbed = had[0] < ENOUGH || had[1] < ENOUGH * threads
  const note =
    'Processors: the time that it got. That is less than there is to have, as the machine was busy: the rates are not to be compared.'
  return [lines[0], rule, ...lines.slice(1), rule, legend, ...(isDisturbed ? [note] : [])].join('\n')
}
