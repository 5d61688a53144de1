/**
 * The packages as they are published, one tarball each. The names of the platforms' packages are put into `optionalDependencies` here and
 * not in the committed package.json: there `npm ci` would look for versions that are not published yet.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries, typesVersions } from './entries.mjs'
import { root, run } from './run.mjs'
import { shareTypes } from './shared-types.mjs'
import { manifest, targets } from './targets.mjs'
import { rollUp } from './types.mjs'

const { name, version, license, engines } = manifest
/** What the registry compares with where a release was built. */
const repository =
  process.env.GITHUB_REPOSITORY === undefined
    ? manifest.repository
    : { type: 'git', url: `git+https://github.com/${process.env.GITHUB_REPOSITORY}.git` }

function pack(folder, destination) {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination]
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm pack: ${error?.message ?? stderr}`)
  const [{ filename, size, unpackedSize, files }] = Object.values(JSON.parse(stdout))
  console.log(`${filename}: ${size} bytes, ${unpackedSize} unpacked, ${files.length} files`)
  return { path: join(destination, filename), size, unpackedSize, files: files.map(({ path }) => path) }
}

/** An empty folder in which a package is put together. */
function stage(of, contents) {
  const folder = join(root, 'target/pack', of)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(contents, null, 2)}\n`)
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  return folder
}

/** The main package, with the types in one file and without what only this repository needs. */
export function packMain(destination) {
  const { scripts: _, devDependencies: __, overrides: ___, napi: ____, imports: _____, ...published } = manifest
  const optionalDependencies = Object.fromEntries(targets.map(({ packageName }) => [packageName, version]))
  const folder = stage(name, { ...published, typesVersions, repository, optionalDependencies })
  for (const file of ['README.md', 'CHANGELOG.md']) copyFileSync(join(root, file), join(folder, file))
  cpSync(join(root, 'include'), join(folder, 'include'), { recursive: true })
  run(process.execPath, ['scripts/bundle.mjs', join(folder, 'dist')])
  run(process.execPath, ['scripts/console-files.mjs', join(folder, 'dist')])
  const typesOf = (path) => join(folder, 'dist', `${path}.d.ts`)
  for (const { path } of entries) rollUp(`target/js/${path}.d.ts`, typesOf(path))
  for (const { path } of entries) if (path !== 'index') shareTypes(typesOf(path), typesOf('index'))
  return pack(folder, destination)
}

/** The package of a platform with this binary. */
export function packPlatform({ tuple, os, cpu, libc, packageName, file }, binary, destination) {
  if (!existsSync(binary)) throw new Error(`${binary} is not there`)
  const folder = stage(packageName, {
    name: packageName,
    version,
    description: `The native addon of ${name} for ${tuple}`,
    license,
    repository,
    engines,
    main: file,
    files: [file],
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
  })
  cpSync(binary, join(folder, file))
  writeFileSync(
    join(folder, 'README.md'),
    `The native addon of [${name}](https://www.npmjs.com/package/${name}) for ${tuple}.\n`,
  )
  return pack(folder, destination)
}

/** Empties `artifacts/`, or another folder. */
export function emptyFolder(folder = join(root, 'artifacts')) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}
