/**
 * `npm run test:types`: what the types of the package, as it is published, must accept and refuse, by every compiler, with every version of
 * Node's types and in every kind of module that users have.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packMain } from './pack.mjs'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { manifest } from './targets.mjs'
import { obtain } from './tools.mjs'

const { devDependencies } = manifest

/** The compiler of the repository, and the newest one. */
const COMPILERS = {
  [devDependencies.typescript]: () => join(root, 'node_modules'),
  '7.0.2': () => obtain('typescript-7', { typescript: '7.0.2' }),
}

/** The types of the oldest Node and of the newest one. */
const NODE_TYPES = {
  [devDependencies['@types/node']]: () => join(root, 'node_modules'),
  '26.6.7': () => obtain('types-node-26', { '@types/node': '26.6.7' }),
}

/** `ending`: of files that are modules of this kind. TypeScript 7 has no classic resolution of packages, and takes that of bundlers. */
const MODULES = {
  nodenext: { options: () => ({ module: 'nodenext' }), ending: 'mts' },
  commonjs: {
    options: (compiler) => ({
      module: 'commonjs',
      ...(compiler.startsWith('5') && { moduleResolution: 'node10' }),
      esModuleInterop: true,
    }),
    ending: 'ts',
  },
  bundler: { options: () => ({ module: 'esnext', moduleResolution: 'bundler' }), ending: 'ts' },
}

const STRICTEST = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
}
const COMMON = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  noEmit: true,
  skipLibCheck: false,
}

const FIXTURES = [
  'types.mts',
  'types-threads.ts',
  'types-streams.ts',
  'types-scopes.ts',
  'types-jobs.ts',
  'types-worker.ts',
  'types-http.ts',
  'typed-tasks.mts',
]

/** The fixtures as modules of a kind. */
function write(place, ending) {
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  return FIXTURES.map((file) => {
    const name = file.replace(/\.m?ts$/, `.${ending}`)
    const text = readFileSync(join(root, '__test__/fixtures', file), 'utf8')
    writeFileSync(
      join(place, name),
      text.replaceAll('./typed-tasks.mjs', ending === 'mts' ? './typed-tasks.mjs' : './typed-tasks'),
    )
    return name
  })
}

/** Compiles everything in every way against the package in this folder. Gives how many were fine, and how many not. */
export function testTypes(packageFolder) {
  const folder = mkdtempSync(join(tmpdir(), 'workpool-types-'))
  const counts = { passed: 0, failed: 0 }
  try {
    cpSync(packageFolder, join(folder, 'node_modules/workpool'), { recursive: true })
    mkdirSync(join(folder, 'node_modules/@types'))
    for (const [typesVersion, types] of Object.entries(NODE_TYPES)) {
      const link = join(folder, 'node_modules/@types/node')
      rmSync(link, { recursive: true, force: true })
      symlinkSync(join(types(), '@types/node'), link, 'junction')
      for (const [version, compiler] of Object.entries(COMPILERS)) {
        for (const [kind, { options, ending }] of Object.entries(MODULES)) {
          const place = join(folder, 'application')
          const files = write(place, ending)
          const compilerOptions = { ...COMMON, ...STRICTEST, ...options(version) }
          writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
          const tsc = join(compiler(), 'typescript/bin/tsc')
          const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', place], { encoding: 'utf8' })
          counts[status === 0 ? 'passed' : 'failed']++
          console.log(`${status === 0 ? 'ok' : 'not ok'} TypeScript ${version}, @types/node ${typesVersion}, ${kind}`)
          if (status !== 0) console.error(`${stdout}${stderr}`)
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return counts
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp()
  const folder = mkdtempSync(join(tmpdir(), 'workpool-tarball-'))
  packMain(folder)
  rmSync(folder, { recursive: true, force: true })
  const { passed, failed } = testTypes(join(root, 'target/pack', manifest.name))
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}
