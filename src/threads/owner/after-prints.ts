import { setImmediate } from '../../base/intrinsics.js'

/** Calls `callback` when what it has been sent before is out. The process stays until then. */
export function afterPrints(callback: () => void): void {
  setImmediate(() => setImmediate(callback))
}
