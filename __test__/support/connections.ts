/** Connections that take a turn of the event loop to open and to close. */
import { setImmediate as turn } from 'node:timers/promises'

export interface Connection {
  readonly id: number
  isAlive: boolean
}

export function connections() {
  const opened: Connection[] = []
  const closed: number[] = []
  const init = async (): Promise<Connection> => {
    await turn()
    const connection = { id: opened.length, isAlive: true }
    opened.push(connection)
    return connection
  }
  const dispose = async ({ id }: Connection): Promise<void> => (await turn(), void closed.push(id))
  return { opened, closed, options: { init, dispose } }
}

export const idOf = ({ resource }: { resource: Connection }): number => resource.id
