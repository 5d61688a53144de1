/** The task: renders a Markdown file. What starts is written down first, a line for each, so that it can be counted afterwards. */
import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { marked } from 'marked'

/**
 * @param {{ path: string, number: number, log: string }} job
 * @returns {Promise<{ pid: number, characters: number }>}
 */
export async function render({ path, number, log }) {
  appendFileSync(log, `${number}\n`)
  const html = await marked.parse(await readFile(path, 'utf8'))
  return { pid: process.pid, characters: html.length }
}
