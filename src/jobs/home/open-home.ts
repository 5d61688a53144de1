import { Promise } from '../../base/intrinsics.js'
import { misuse } from '../../base/errors.js'
import type { HomeOptions, Home, OpenHome } from './home.js'

import { openFile } from './file/file.js'
import { openPostgres } from './postgres.js'
import { openRedis } from './redis.js'

/** By the scheme of the address. */
const homes: Readonly<Record<string, (where: string, options: HomeOptions) => Promise<Home>>> = {
  file: openFile,
  postgres: openPostgres,
  postgresql: openPostgres,
  redis: openRedis,
  rediss: openRedis,
}

export const openHome: OpenHome = (where, options) => {
  const scheme = typeof where === 'string' ? /^([a-z]+):./.exec(where)?.[1] : undefined
  const open = scheme === undefined || !Object.hasOwn(homes, scheme) ? undefined : homes[scheme]
  if (open !== undefined) return open(where, options)
  const expected = 'jobs live in "file:./folder", "postgres://user@host/database" or "redis://host:6379"'
  return Promise.reject(misuse(`${expected}, not in ${describe(where)}`))
}

/** Without what may be a password. */
const describe = (where: unknown): string =>
  typeof where === 'string' ? JSON.stringify(where.replace(/\/\/[^@/]*@/, '//…@')) : String(where)
