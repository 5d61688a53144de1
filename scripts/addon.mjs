/**
 * `npm run build:addon [-- --target <triple>] [-- --plain]`: the binary of a platform as it is published, in `target/addons/`. Those of
 * Linux are linked by zig, against glibc 2.17 or against musl, on any Linux machine; the others need their own system. `--plain`: with
 * this machine's linker where the toolchain cannot be had; the result may need a newer system.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from './inspect-addon.mjs'
import { root, run } from './run.mjs'
import { host, targetOf } from './targets.mjs'

/** Python packages, as both are prebuilt there. */
const TOOLCHAIN = ['ziglang==0.14.1', 'cargo-zigbuild==0.20.1']
export const GLIBC = '2.17'

const succeeds = (command, args, env = process.env) => spawnSync(command, args, { stdio: 'ignore', env }).status === 0

/** The environment in which `cargo zigbuild` works, or `undefined`. */
function zigEnvironment() {
  const bin = join(root, '.toolchain/bin')
  const own = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
  for (const env of [process.env, own]) {
    const hasZig = succeeds('zig', ['version'], env) || succeeds('python3', ['-m', 'ziglang', 'version'], env)
    if (hasZig && succeeds('cargo-zigbuild', ['--version'], env)) return env
  }
  console.log('installing zig …')
  const isThere =
    succeeds('python3', ['-m', 'venv', join(root, '.toolchain')]) &&
    succeeds(join(bin, 'python3'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--retries',
      '1',
      ...TOOLCHAIN,
    ])
  return isThere ? own : undefined
}

/** Builds the binary; gives its path and whether it is the one to publish. */
export function buildAddon(target, { plain = false } = {}) {
  const { triple, os, libc, library, file } = target
  const zig = os === 'linux' && !plain ? zigEnvironment() : undefined
  if (os === 'linux' && zig === undefined) {
    if (!plain)
      throw new Error('zig cannot be had: python3 and its package registry, or zig and cargo-zigbuild in the PATH')
    if (target !== host()) throw new Error(`${triple} cannot be built here without zig`)
  }
  if (spawnSync('rustup', ['--version'], { stdio: 'ignore' }).status === 0) run('rustup', ['target', 'add', triple])
  // What is linked into a shared object on musl is the system's libc, too.
  const flags =
    libc === 'musl' ? { RUSTFLAGS: `${process.env.RUSTFLAGS ?? ''} -C target-feature=-crt-static`.trim() } : {}
  const command = zig === undefined ? 'build' : 'zigbuild'
  const wanted = zig !== undefined && libc === 'glibc' ? `${triple}.${GLIBC}` : triple
  // Of its own: flags and linker differ from those of everyday builds.
  const folder = join(root, 'target/portable')
  const args = [command, '--release', '--package', 'workpool-node', '--target', wanted, '--target-dir', folder]
  run('cargo', args, { env: { ...(zig ?? process.env), ...flags } })
  mkdirSync(join(root, 'target/addons'), { recursive: true })
  const path = join(root, 'target/addons', file)
  copyFileSync(join(folder, triple, 'release', library), path)
  return path
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--target')
  const target = at === -1 ? host() : targetOf(process.argv[at + 1])
  const plain = process.argv.includes('--plain')
  const path = buildAddon(target, { plain })
  if (!existsSync(path)) throw new Error(`${path} was not built`)
  inspect(path, target, { plain })
}
