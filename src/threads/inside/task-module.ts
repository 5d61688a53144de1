/** What a task module exports, whatever kind of module it is and whoever translates it. */
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

import { isThenable } from '../../base/follow.js'

export type Exports = Record<string, unknown>

/** Why `import` declines a file that `require` may have been taught to load. */
const REFUSED = new Set([
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNKNOWN_MODULE_FORMAT',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
])

/** Loads the module of this `file:` URL; its exports by name, with what it gives if it is called as `default`. */
export async function loadTaskModule(url: string): Promise<Exports> {
  let exports = await load(url)
  if (isThenable(exports)) exports = await exports
  const main: unknown = typeof exports === 'function' ? exports : (exports as { default?: unknown } | null)?.default
  return Object.assign(Object.create(null), exports, { default: isThenable(main) ? await main : main })
}

async function load(url: string): Promise<unknown> {
  // This is not the `require` of this file, because under loader hooks that is a substitute without a cache.
  const require = createRequire(url)
  const path = fileURLToPath(url)
  let namespace: Exports
  try {
    namespace = (await import(url)) as Exports
  } catch (error) {
    if (!isRefused(error, path, require)) throw error
    return require(path)
  }
  return isOfCommonJs(namespace, path, require) ? namespace['default'] : namespace
}

/** Whether `import` does not know this kind of file, and `require` does. */
function isRefused(error: unknown, path: string, { extensions }: NodeJS.Require): boolean {
  const { code } = error as { code?: unknown }
  return REFUSED.has(code as string) && extensions[extname(path) as '.js'] !== undefined
}

/**
 * Whether this is the namespace of a CommonJS module. Such a namespace shows only those exports that a lexer has found,
 * and all of them as its default. As of Node 23 it also has the export `module.exports`; until then the module is in
 * the cache of `require`.
 */
function isOfCommonJs(namespace: Exports, path: string, { cache }: NodeJS.Require): boolean {
  const { default: main } = namespace
  if (main === undefined) return false
  if (namespace['module.exports'] === main) return true
  return [path, realPathOf(path)].some((file) => cache[file] !== undefined && cache[file].exports === main)
}

/** Loader hooks may provide a module for which there is no file. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
