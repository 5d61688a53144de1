/** `node scripts/changelog.mjs <version>`: what CHANGELOG.md says of a version; fails if it says nothing, or that it is unreleased. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'

export function changesOf(version) {
  const [, ...sections] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m)
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version)
  if (section === undefined) throw new Error(`CHANGELOG.md has no section ${version}`)
  const [title, ...lines] = section.split('\n')
  if (!/\d{4}-\d{2}-\d{2}/.test(title)) throw new Error(`CHANGELOG.md has no date for ${version}: "${title}"`)
  return lines.join('\n').trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(changesOf(process.argv[2]))
