import { setImmediate } from '../../base/intrinsics.js'

/** Calls `callback` when everything that was sent before has been printed. The process stays alive until then. */
export function afterPrints(callback: () => void): void {
  setImmediate(() => setImmediate(callback))
}
