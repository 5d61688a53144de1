/**
 * The entry points of the package, read from `exports` of package.json: `./worker` with `./dist/worker.js` is made of `worker.ts`. All that
 * compiles, bundles, packs, checks and documents goes by this list.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function describe(subpath, target) {
  const [, path] = target.default?.match(/^\.\/dist\/(.+)\.js$/) ?? []
  if (path === undefined || target.types !== `./dist/${path}.d.ts`) {
    throw new Error(`exports["${subpath}"] of package.json: "types" and "default" are one name in ./dist`)
  }
  return { subpath: subpath.slice(2), specifier: `${name}${subpath.slice(1)}`, path, source: `${path}.ts` }
}

/** `path`: in `dist`, without an ending. `source`: in the root. */
export const entries = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath, target]) => describe(subpath, target))

export const sources = entries.map(({ source }) => source)

/** For compilers that know no `exports`. */
export const typesVersions = {
  '*': Object.fromEntries(
    entries.filter(({ subpath }) => subpath !== '').map(({ subpath, path }) => [subpath, [`./dist/${path}.d.ts`]]),
  ),
}
