/**
 * Whether the files of each crate use one another in one direction only. A file uses what it names by `crate::…` or `super::…`; that
 * a file declares its submodules does not count. Prints every circle, and fails if there is one.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'

/** Without comments and strings, which name modules, too. */
const codeOf = (file) =>
  readFileSync(file, 'utf8')
    .replace(/\/\/.*$/gm, '')
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')

/** The paths that `text`, what follows `use crate::`, names: those of the leaves of its braces. */
function leaves(text, prefix = []) {
  const paths = []
  let depth = 0
  let part = ''
  const end = () => {
    const [, head = '', inner] = /^\s*([\w:]*?)(?:::)?(?:\{([\s\S]*)\})?\s*(?:as \w+)?\s*$/.exec(part) ?? []
    const path = [...prefix, ...head.split('::').filter((name) => name !== '')]
    if (inner === undefined) paths.push(path)
    else paths.push(...leaves(inner, path))
    part = ''
  }
  for (const character of text) {
    if (character === '{') depth++
    if (character === '}') depth--
    if (character === ',' && depth === 0) end()
    else part += character
  }
  if (part.trim() !== '') end()
  return paths
}

/** The module paths that a file names, of a module with this path. */
function named(code, module) {
  const paths = []
  const absolute = (origin, path) => {
    if (origin === 'crate') return path
    const up = origin.split('::').length
    return [...module.slice(0, -up), ...path]
  }
  const uses = /\buse\s+(crate|super(?:::super)*)::((?:\{[\s\S]*?\}|[^;{]*(?:\{[\s\S]*?\})?))\s*;/g
  for (const [, origin, text] of code.matchAll(uses)) paths.push(...leaves(text).map((path) => absolute(origin, path)))
  for (const [, origin, text] of code.matchAll(/\b(crate|super(?:::super)*)::(\w+(?:::\w+)*)/g))
    paths.push(absolute(origin, text.split('::')))
  return paths
}

/** By file: the files it uses. */
function arrowsOf(src) {
  const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith('.rs') && file !== 'lib.rs')
  const moduleOf = (file) =>
    file
      .replace(/\.rs$/, '')
      .split(sep)
      .filter((name) => name !== 'mod')
  const byModule = new Map(files.map((file) => [moduleOf(file).join('::'), file]))
  const arrows = new Map()
  for (const file of files) {
    const module = moduleOf(file)
    const [code] = codeOf(join(src, file)).split(/#\[cfg\(.*\btest\b.*\)\]\s*mod \w+ \{/)
    const used = new Set()
    for (const path of named(code, module)) {
      // The longest prefix that is a file; a folder's file that only declares others is none.
      for (let length = path.length; length > 0; length--) {
        const other = byModule.get(path.slice(0, length).join('::'))
        if (other === undefined) continue
        if (other !== file) used.add(other)
        break
      }
    }
    arrows.set(file, used)
  }
  return arrows
}

/** A shortest way along arrows from `from` back to it. */
function circleOf(arrows, from) {
  const ways = [[from]]
  const seen = new Set()
  for (const way of ways) {
    for (const next of arrows.get(way.at(-1)) ?? []) {
      if (next === from) return [...way, from]
      if (!seen.has(next)) {
        seen.add(next)
        ways.push([...way, next])
      }
    }
  }
  return undefined
}

export function circles(src) {
  const arrows = arrowsOf(src)
  const found = [...arrows.keys()].map((file) => circleOf(arrows, file)).filter((circle) => circle !== undefined)
  // Each once, beginning with the file that comes first.
  return found.filter((circle) => circle.every((file) => file >= circle[0]))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const crates = process.argv.length > 2 ? process.argv.slice(2) : readdirSync(join(root, 'crate'))
  for (const crate of crates) {
    const src = join(root, 'crate', crate, 'src')
    if (!existsSync(src)) continue
    for (const circle of circles(src)) {
      console.error(`crate/${crate}/src: ${circle.join(' → ')}`)
      process.exitCode = 1
    }
  }
}
