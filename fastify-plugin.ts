export type { NamedPools, PoolToMake } from './src/http/made-pools.js'
export type { ReadinessOptions } from './src/http/readiness.js'
export {
  type FastifyPools,
  type RoutePool,
  type WorkpoolPluginOptions,
  readiness,
  workpool,
} from './src/fastify/plugin.js'
