import { misuse } from '../../base/errors.js'
import type { OpenHome } from './home.js'

/** Redis only, until the other homes are here. */
export const openHome: OpenHome = async (where) => {
  if (!/^rediss?:/.test(where)) throw misuse(`jobs live in redis://host:6379, not in ${where.split(':', 1)[0]}:`)
  const { hostname, port } = new URL(where)
  return {
    kind: 'redis',
    engine: { connection: { host: hostname, port: Number(port || 6379) }, backend: undefined },
    refusesNul: false,
    async close() {},
  }
}
