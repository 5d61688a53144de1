/** Whether a statement failed because of its connection, not because of what it says. */

/** Of the system: the server is not there, or not reached. */
const SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTCONN',
  // The socket of a server on this machine goes away with it.
  'ENOENT',
  'EAI_AGAIN',
])

/**
 * Of PostgreSQL (appendix A of its manual): connection exceptions (08…), shutdowns, crashes and starts (57P01 to 57P03,
 * 57P05), too many connections (53300). And what its manual asks clients to repeat: serialization failures, deadlocks.
 */
const STATES = /^(?:08...|57P0[1235]|53300|40001|40P01)$/

/** What node-postgres says without a code. */
const MESSAGES =
  /^(?:Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|timeout exceeded when trying to connect|Client was closed and is not queryable)/

export function isLostConnection(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown }
  // What connecting to all addresses of a name fails with.
  if (Array.isArray(errors)) return errors.some(isLostConnection)
  if (typeof code === 'string') return SYSTEM.has(code) || STATES.test(code)
  return typeof message === 'string' && MESSAGES.test(message)
}
