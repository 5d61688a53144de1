/**
 * Parts of this package that many programs never need. To compile a file is most of what it costs to load it, so a part
 * is a file of its own that is compiled when the part is needed for the first time.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { isNode } from './runtime.js'

/** As Node makes them. Test runners, bundlers and other runtimes have modules of their own. */
interface NodeModule extends NodeJS.Module {
  /** Runs this text as the code of the module. */
  _compile?(text: string, path: string): void
}

/** Those that are to be loaded with everything else, because they cannot be kept as a text. */
const early: (() => unknown)[] = []

/**
 * Gives the function that gives the part. It must not be called before everything that the part imports is there.
 *
 * @param load requires the file of the part, with a literal path
 * @param file its name in the published code, where the bundler adds it
 * @param owner the module that has the part, as well
 */
export function part<T extends object>(load: () => T, file?: string, owner: NodeModule = module): () => T {
  let loaded: T | undefined
  const kept = file === undefined ? load : keep<T>(file, owner)
  const get = (): T => (loaded ??= (kept ?? load)())
  if (kept === undefined) early.push(get)
  return get
}

/**
 * The file is read at once: when the part is needed there may be no way to it, because a test has a file system of its
 * own by then, or because no file can be opened any more. For the same reason, and as the package may be loaded a second
 * time meanwhile, the part gets what it imports from here. `undefined`: that cannot be done here.
 */
function keep<T>(file: string, owner: NodeModule): (() => T) | undefined {
  if (!isNode || typeof owner._compile !== 'function') return undefined
  const path = join(__dirname, file)
  const text = readFileSync(path, 'utf8')
  return () => {
    const own = new (owner.constructor as new (id: string, parent: NodeModule) => NodeModule)(path, owner)
    own.filename = path
    own.require = Object.assign((id: string): unknown => {
      const imported = [owner, module].find(({ filename }) => filename === join(__dirname, id))
      return imported === undefined ? owner.require(id) : imported.exports
    }, owner.require)
    own._compile!(text, path)
    return own.exports as T
  }
}

/** Loads the parts that are not kept as a text. The published code calls it last. */
export function loadParts(): void {
  for (const get of early) get()
}
