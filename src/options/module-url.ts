import { isAbsolute } from 'node:path'
import { URL as PlatformURL, pathToFileURL } from 'node:url'

import { outOfRange, wrongType } from '../base/errors.js'
import type { Check } from './checks.js'

/** Not by `instanceof`: test environments have URLs of their own. Only a URL has both, as Node tells it, too. */
const isUrl = (value: unknown): value is URL => {
  const { href, protocol } = (typeof value === 'object' && value !== null ? value : {}) as {
    [K in keyof URL]?: unknown
  }
  return typeof href === 'string' && typeof protocol === 'string'
}

/** The `file:` URL of a module that threads load. */
export const moduleUrl: Check<string> = (value, option) => {
  const allowed = 'an absolute path or a file: URL'
  const text = isUrl(value) ? value.href : value
  if (typeof text !== 'string') throw wrongType(option, value, allowed)
  if (text.startsWith('file:')) return new PlatformURL(text).href
  if (isAbsolute(text)) return pathToFileURL(text).href
  throw outOfRange(option, text, allowed)
}
