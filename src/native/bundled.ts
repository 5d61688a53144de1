/** Code in a bundle is not where its files are: neither the native addon nor the file that threads begin with. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The file that threads begin with. */
export const THREAD_ENTRY = join(__dirname, 'worker.js')

let isKnown: boolean | undefined

/** Whether this code has been taken out of its package. */
export const isBundled = (): boolean => (isKnown ??= !existsSync(THREAD_ENTRY))

/**
 * What to do about it. `scripts/bundle.mjs` puts it in front of all code as well, for bundles that cannot `require`
 * what Node has.
 */
export const LEAVE_EXTERNAL =
  "Leave workpool external: esbuild: external: ['workpool']; rollup, webpack: externals [/^workpool($|\\/)/]; Next.js: serverExternalPackages: ['workpool']."
