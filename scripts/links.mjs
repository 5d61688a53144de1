/** Part of `npm run check`: every link between the pages of this repository leads to a file that exists, and to a heading that it has. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, run } from './run.mjs'
import { obtain } from './tools.mjs'

const FOLDERS = ['.', 'docs', 'benchmark/results', 'conformance/results', 'crate/core/src', 'crate/mailbox']
/** A path of this repository in a text, such as `src/map/map.ts`. */
const PATH = /`((?:src|crate|scripts|__test__|docs|benchmark|conformance|demo)\/[\w./-]+)`/g
/** What a page calls by the names of its time. */
const HISTORY = ['CHANGELOG.md']

const pages = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
)

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8')
  // What is written as HTML, such as a picture for light and dark pages.
  const targets = [...text.matchAll(/\s(?:href|src|srcset)="([^"#]+)/g)]
    .map((match) => match[1])
    .filter((target) => !/^\w+:/.test(target))
    .map((target) => join(dirname(page), target))
  const named = HISTORY.includes(page) ? [] : [...text.matchAll(PATH)].map((match) => match[1])
  for (const path of [...targets, ...named]) {
    if (existsSync(join(root, path))) continue
    console.error(`${page}: ${path} is not there`)
    process.exitCode = 1
  }
}

const tools = obtain('links', { 'remark-cli': '12.0.1', 'remark-validate-links': '13.1.0' })
const plugin = `${join(tools, 'remark-validate-links/index.js')}=repository:false`
run(process.execPath, [join(tools, 'remark-cli/cli.js'), '--quiet', '--frail', '--use', plugin, ...pages])
