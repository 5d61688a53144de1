/** Gives back the bytes that it was given, moved and not copied, the way each library has for it. poolifier has none: it copies. */

/** @type {Record<string, () => Promise<(bytes: Uint8Array) => unknown>>} */
const MOVES = {
  workpool: async () => {
    const { transfer } = await import('workpool/worker')
    return (bytes) => transfer(bytes, [bytes.buffer])
  },
  piscina: async () => {
    const { move } = await import('piscina')
    return (bytes) => move(bytes)
  },
  tinypool: async () => {
    const { Tinypool } = await import('tinypool')
    return (bytes) => Tinypool.move(bytes)
  },
  poolifier: async () => (bytes) => bytes,
  workerpool: async () => {
    const { default: workerpool } = await import('workerpool')
    return (bytes) => new workerpool.Transfer(bytes, [bytes.buffer])
  },
  'bare port': async () => (bytes) => ({ value: bytes, transfer: [bytes.buffer] }),
}

/** `piscina, tuned` moves as `piscina` does. */
const [library] = /** @type {string} */ (process.env.BENCHMARK_LIBRARY).split(', ')

export default await MOVES[library]()
