import type { BackendFactory } from 'bullmq'

import type { HomeOptions, Home } from './home.js'

import { compareClocks } from './clock.js'
import { peer } from './peer.js'
import { PostgresConnections } from './postgres-connections.js'
import { Shared } from './shared.js'
import { storeError } from './store-error.js'

const pools = new Shared<PostgresConnections>((connections) => connections.end())

/** Jobs are in the schema in which BullMQ expects them, so that its own classes and tools find them. */
const SCHEMA = 'bullmq'

export async function openPostgres(where: string, { bullmq, lease, logger }: HomeOptions): Promise<Home> {
  const { default: pg } = await peer(() => import('pg'), '"postgres:"', 'bullmq@6 pg')
  const { value, release } = await pools.acquire(where, async () => {
    const connections = new PostgresConnections(pg, withSchema(where), logger)
    try {
      await connections.reach()
      await migrate(bullmq, connections)
      return connections
    } catch (error) {
      await connections.end()
      throw storeError(`PostgreSQL cannot be used: ${(error as Error).message || String(error)}`, error)
    }
  })
  try {
    await compareClocks(async () => {
      const { rows } = await value.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS time')
      return Number(rows[0].time)
    }, lease)
  } catch (error) {
    await release()
    throw error
  }
  return {
    kind: 'postgres',
    engine: { connection: value, backend: bullmq.createPostgresBackend as BackendFactory },
    refusesNul: true,
    close: release,
  }
}

/** A role that may not change the schema can use one that is there. */
async function migrate(bullmq: HomeOptions['bullmq'], connections: PostgresConnections): Promise<void> {
  const client = await connections.connect()
  try {
    await bullmq.runMigrations(client, SCHEMA)
  } catch (error) {
    if ((error as { code?: unknown }).code !== INSUFFICIENT_PRIVILEGE) throw error
    await bullmq.assertSchemaCompatibility(client, SCHEMA)
  } finally {
    client.release()
  }
}
const INSUFFICIENT_PRIVILEGE = '42501'

/** Every connection looks into that schema first; what `options` of the address say holds as well. */
function withSchema(where: string): string {
  const [base, query] = splitAtFirst(where, '?')
  const parameters = new URLSearchParams(query)
  const options = parameters.get('options')
  const path = `-c search_path=${SCHEMA}`
  parameters.set('options', options === null ? path : `${options} ${path}`)
  // `+` is no space to node-postgres.
  return `${base}?${parameters.toString().replaceAll('+', '%20')}`
}

function splitAtFirst(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
