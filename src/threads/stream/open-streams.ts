/** The streams of a pool that this isolate has open: submitted, and not ended. */

export interface OpenStream {
  /** Takes what its thread has sent, as that thread has ended. */
  collect(): void
}

const NONE: ReadonlySet<OpenStream> = new Set()

/** By pool: a handle, or the name of a shared pool, which may have several handles here. */
const streams = new Map<unknown, Set<OpenStream>>()

export const openStreams = (pool: unknown): ReadonlySet<OpenStream> => streams.get(pool) ?? NONE

export function addOpen(pool: unknown, stream: OpenStream): void {
  let open = streams.get(pool)
  if (open === undefined) streams.set(pool, (open = new Set()))
  open.add(stream)
}

export function deleteOpen(pool: unknown, stream: OpenStream): void {
  const open = streams.get(pool)
  if (open?.delete(stream) && open.size === 0) streams.delete(pool)
}
