/** The task of the CPU half: renders a Markdown file to HTML. Runs inline and in the threads of a pool. */
import { readFile } from 'node:fs/promises'
import { marked } from 'marked'

/** @param {string} path */
export default async function render(path) {
  return marked.parse(await readFile(path, 'utf8'))
}
