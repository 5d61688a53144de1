/**
 * Parts of this package that many programs never need. To compile code is most of what it costs to load it, so a part
 * is a file of its own that is compiled when the part is needed for the first time.
 */
import { readFileSync } from 'node:fs'
import { sep } from 'node:path'

import { isNode } from './runtime.js'

/** As Node makes them. Test runners, bundlers and other runtimes have modules of their own. */
interface NodeModule extends NodeJS.Module {
  /** Runs this text as the code of the module. */
  _compile?(text: string, path: string): void
}

/** Those that are to be loaded with everything else, because they cannot be kept as a text. */
const early: (() => unknown)[] = []

/** In the published code the parts of a file are functions of one other file, by name. Each fills `exports`. */
type Pack = Readonly<Record<string, (exports: object) => void>>

/**
 * Gives the function that gives the part. It must not be called before everything that the part imports is there.
 *
 * @param load requires the file of the part, with a literal path
 */
export function part<T extends object>(load: () => T): () => T {
  let loaded: T | undefined
  return () => (loaded ??= load())
}

/**
 * The same in the published code, where the bundler calls it.
 *
 * @param load requires the file that has the part, with a literal path
 * @param name of the part there
 * @param file where that is
 * @param owner the module that has the part
 */
export function partOf<T extends object>(load: () => Pack, name: string, file: string, owner: NodeModule): () => T {
  const kept = keep<T>(name, file, owner)
  const get = part(kept ?? (() => filled<T>(load()[name]!)))
  if (kept === undefined) early.push(get)
  return get
}

function filled<T extends object>(fill: (exports: object) => void): T {
  const exports = {}
  fill(exports)
  return exports as T
}

/** What is in the files that have parts. */
const texts = new Map<string, string>()

/** As `join`, which takes a while for that. */
const beside = (file: string): string => __dirname + sep + file

function textOf(file: string): string {
  let text = texts.get(file)
  if (text === undefined) texts.set(file, (text = readFileSync(beside(file), 'utf8')))
  return text
}

/**
 * The file is read at once: when the part is needed there may be no way to it, because a test has a file system of its
 * own by then, or because no file can be opened any more. For the same reason, and as the package may be loaded a second
 * time meanwhile, the part gets what it imports from here. `undefined`: that cannot be done here.
 */
function keep<T>(name: string, file: string, owner: NodeModule): (() => T) | undefined {
  if (!isNode || typeof owner._compile !== 'function') return undefined
  const text = textOf(file)
  return () => {
    const path = beside(file)
    const own = new (owner.constructor as new (id: string, parent: NodeModule) => NodeModule)(path, owner)
    own.filename = path
    own.require = Object.assign((id: string): unknown => {
      const imported = [owner, module].find(({ filename }) => filename === beside(id.slice(2)))
      return imported === undefined ? owner.require(id) : imported.exports
    }, owner.require)
    own._compile!(codeOf(name, text), path)
    return own.exports as T
  }
}

/** The code of a part, on the lines on which it is in its file. The bundler has said how many are before it. */
function codeOf(name: string, text: string): string {
  const head = `exports.${name} = exports => { // `
  const at = text.indexOf(head) + head.length
  const from = text.indexOf('\n', at)
  return '\n'.repeat(Number(text.slice(at, from))) + text.slice(from, text.indexOf(`\n} // ${name}\n`, from))
}

/** Loads the parts that are not kept as a text. The published code calls it last. */
export function loadParts(): void {
  for (const get of early) get()
}
