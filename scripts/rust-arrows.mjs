/**
 * Fails if files of a Rust crate use each other, directly or around a corner: of all crates, or of those that are named
 * (`node scripts/rust-arrows.mjs core`).
 *
 * An arrow leads from the file that names a path (`use crate::…`, `super::…`, `self::…`, or the same within an expression) to the file
 * that defines what is named; a name that `lib.rs` exports leads to where it comes from. Comments, and with them links in the
 * documentation, and `mod` lines are no arrows.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { root } from './run.mjs'

const PATH = /\b(?:crate|super|self)(?:::\w+)+/g

/** The code without comments, text and lifetimes, with every line where it was. */
function strip(code) {
  return code.replace(/\/\/.*|\/\*[^]*?\*\/|"(?:\\[^]|[^"\\])*"|'(?:\\.|[^'\\])'/g, (match) =>
    match.replace(/[^\n]/g, ' '),
  )
}

/** All paths of a use tree: `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`. */
function expand(tree) {
  const open = tree.indexOf('{')
  if (open === -1) return [tree.trim().replace(/\s+as\s+\w+$/, '')]
  const prefix = tree.slice(0, open).trim()
  const branches = []
  let depth = 0
  let start = open + 1
  for (let index = open; index < tree.length; index++) {
    if (tree[index] === '{') depth++
    if (tree[index] === '}') depth--
    if ((tree[index] === ',' && depth === 1) || depth === 0) {
      branches.push(tree.slice(start, index))
      start = index + 1
    }
    if (depth === 0) break
  }
  const named = branches.map((branch) => branch.trim()).filter((branch) => branch !== '')
  return named.flatMap((branch) => expand(branch).map((rest) => prefix + rest))
}

/** Where the inline modules of a file are: there `super` is the file itself. */
function inlineModules(code) {
  const ranges = []
  for (const match of code.matchAll(/\bmod\s+\w+\s*\{/g)) {
    let depth = 1
    let index = match.index + match[0].length
    for (; depth > 0 && index < code.length; index++) {
      if (code[index] === '{') depth++
      if (code[index] === '}') depth--
    }
    ranges.push([match.index, index])
  }
  return ranges
}

/** The files of a crate by their module, `` for the root and `a::b` for `a/b.rs` or `a/b/mod.rs`. */
function modulesOf(source) {
  const files = new Map()
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.rs')) continue
    const file = relative(source, join(entry.parentPath, entry.name)).replaceAll('\\', '/')
    const name = file.replace(/(?:^|\/)(?:lib|mod)\.rs$|\.rs$/, '').replaceAll('/', '::')
    files.set(name, { name, file, code: strip(readFileSync(join(source, file), 'utf8')) })
  }
  return files
}

/** The paths that a file names, from the root of the crate. */
function pathsOf({ name, code }) {
  const inline = inlineModules(code)
  const own = name === '' ? [] : name.split('::')
  const paths = []
  const note = (path, at) => {
    let [first, ...rest] = path.split('::').map((segment) => segment.trim())
    let base = []
    if (first !== 'crate') {
      base = [...own]
      let isInline = inline.some(([from, to]) => at >= from && at < to)
      while (first === 'super') {
        if (!isInline) base.pop()
        isInline = false
        first = rest[0]
        if (first === 'super') rest = rest.slice(1)
      }
    }
    paths.push([...base, ...rest])
  }
  const uses = /\buse\s+((?:crate|super|self)\b[^;]*);/g
  for (const match of code.matchAll(uses)) expand(match[1]).forEach((path) => note(path, match.index))
  for (const match of code.replace(uses, (use) => ' '.repeat(use.length)).matchAll(PATH)) note(match[0], match.index)
  return paths
}

/** What the root exports, and where it comes from. */
function exportsOf(root) {
  const exported = new Map()
  for (const match of root.code.matchAll(/\bpub(?:\(crate\))?\s+use\s+([^;]*);/g)) {
    for (const path of expand(match[1])) {
      const segments = path.replace(/^(?:crate|self)::/, '').split('::')
      exported.set(segments.at(-1), segments)
    }
  }
  return exported
}

function arrowsOf(files) {
  const exported = exportsOf(files.get(''))
  const fileOf = (path) => {
    const segments = files.has(path[0]) ? path : (exported.get(path[0]) ?? path)
    let found = ''
    for (let length = 1; length <= segments.length; length++) {
      const name = segments.slice(0, length).join('::')
      if (files.has(name)) found = name
    }
    return found
  }
  const arrows = new Map()
  for (const file of files.values()) {
    const targets = new Set(pathsOf(file).map(fileOf))
    targets.delete(file.name)
    // The root exports all; what it uses is no matter of order.
    arrows.set(file.name, file.name === '' ? new Set() : targets)
  }
  return arrows
}

/** The files from which a file can be reached that they can be reached from: Tarjan's strongly connected components. */
function circlesOf(arrows) {
  const state = new Map()
  const stack = []
  const circles = []
  const visit = (name) => {
    const own = { index: state.size, low: state.size, isOpen: true }
    state.set(name, own)
    stack.push(name)
    for (const target of arrows.get(name)) {
      const other = state.get(target)
      if (other === undefined) own.low = Math.min(own.low, visit(target).low)
      else if (other.isOpen) own.low = Math.min(own.low, other.index)
    }
    if (own.low === own.index) {
      const circle = stack.splice(stack.indexOf(name))
      for (const member of circle) state.get(member).isOpen = false
      if (circle.length > 1) circles.push(circle)
    }
    return own
  }
  for (const name of arrows.keys()) if (!state.has(name)) visit(name)
  return circles
}

let count = 0
const named = process.argv.slice(2)
for (const crate of named.length > 0 ? named : readdirSync(join(root, 'crate'))) {
  const files = modulesOf(join(root, 'crate', crate, 'src'))
  const arrows = arrowsOf(files)
  for (const circle of circlesOf(arrows)) {
    count++
    console.error(`crate/${crate}/src: these files use each other:`)
    for (const name of circle) {
      for (const target of arrows.get(name)) {
        if (circle.includes(target)) console.error(`  ${files.get(name).file} uses ${files.get(target).file}`)
      }
    }
  }
}
if (count > 0) process.exitCode = 1
