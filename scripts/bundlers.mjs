/**
 * `npm run test:bundlers`: the recipes of docs/runtimes.md. An application with the packages as they are published is bundled by every tool, and the bundle
 * is run; the same application in TypeScript is run by Node alone and by tsx. Without the recipes: what cannot work says what to set.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { obtainRuntime, runtimes } from './obtain-runtime.mjs'
import { emptyFolder, packMain, packPlatform } from './pack.mjs'
import { install } from './pack-test.mjs'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { host } from './targets.mjs'
import { install as installFrom, obtain } from './tools.mjs'

const EXPECTED = { closure: 3, thread: 7, isInThread: true }
const SECONDS = 60

setUp()
const tools = obtain('bundlers', {
  '@vercel/nft': '1.11.5',
  esbuild: '0.28.2',
  rollup: '4.68.7',
  vite: '8.3.8',
  webpack: '5.112.2',
})
const require = createRequire(join(tools, 'x.js'))
const load = (name) => import(pathToFileURL(require.resolve(name)).href)

/** Every recipe takes the application's folder and the one to write to, and gives the file to run. */
const recipes = {
  async esbuild(app, out) {
    const { build } = await load('esbuild')
    await build({
      // The task module is an entry point of its own.
      entryPoints: [join(app, 'main.mjs'), join(app, 'tasks.mjs')],
      external: ['workpool'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outdir: out,
      outExtension: { '.js': '.mjs' },
    })
    return 'main.mjs'
  },

  async rollup(app, out) {
    const { rollup } = await load('rollup')
    const bundle = await rollup({
      input: { main: join(app, 'main.mjs'), tasks: join(app, 'tasks.mjs') },
      external: [/^workpool($|\/)/],
    })
    await bundle.write({ dir: out, format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' })
    await bundle.close()
    return 'main.mjs'
  },

  async 'vite ssr'(app, out) {
    const { build } = await import(pathToFileURL(join(tools, 'vite/dist/node/index.js')).href)
    await build({
      root: app,
      configFile: false,
      logLevel: 'warn',
      // What is in node_modules stays there by default.
      build: {
        ssr: true,
        outDir: out,
        target: 'node20',
        rollupOptions: {
          input: { main: join(app, 'main.mjs'), tasks: join(app, 'tasks.mjs') },
          output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
        },
      },
    })
    return 'main.mjs'
  },

  async webpack(app, out) {
    const { default: webpack } = await load('webpack')
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      context: app,
      entry: { main: './main.mjs', tasks: './tasks.mjs' },
      experiments: { outputModule: true },
      externalsType: 'module',
      externals: [/^workpool($|\/)/],
      // `new URL('./tasks.mjs', import.meta.url)` is to name the other entry, not a copy of the source.
      module: { parser: { javascript: { url: false, importMeta: false } } },
      // The exports of the task module are to stay its exports.
      output: { path: out, filename: '[name].mjs', module: true, chunkFormat: 'module', library: { type: 'module' } },
    })
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, result) => (error ? reject(error) : resolve(result))),
    )
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'))
    return 'main.mjs'
  },

  /** Not a bundle: the files that a serverless function needs, copied. */
  async '@vercel/nft'(app, out) {
    const { nodeFileTrace } = await load('@vercel/nft')
    const { fileList } = await nodeFileTrace([join(app, 'main.mjs')], { base: app })
    for (const file of fileList) {
      mkdirSync(dirname(join(out, file)), { recursive: true })
      cpSync(join(app, file), join(out, file))
    }
    return 'main.mjs'
  },
}

/** Without a recipe: bundlers that are to take workpool in. `false`: what they write cannot have it. */
const wholes = {
  async 'esbuild, one CommonJS file'(app, file) {
    const { build } = await load('esbuild')
    await build({
      entryPoints: [join(app, 'whole.cjs')],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: file,
      logLevel: 'error',
    })
    return true
  },

  async 'esbuild, one ES module'(app, file) {
    const { build } = await load('esbuild')
    await build({
      entryPoints: [join(app, 'whole.mjs')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: file,
      logLevel: 'error',
    })
    return false
  },

  async 'webpack, one file'(app, file) {
    const { default: webpack } = await load('webpack')
    const output = { path: dirname(file), filename: basename(file), module: true, chunkFormat: 'module' }
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      context: app,
      entry: './whole.mjs',
      experiments: { outputModule: true },
      output,
    })
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, result) => (error ? reject(error) : resolve(result))),
    )
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString('errors-warnings'))
    return true
  },
}

/** What every error says that comes of a bundle. */
const ADVICE =
  /Leave workpool external: esbuild: external: \['workpool'\].*Next\.js: serverExternalPackages: \['workpool'\]/

function checkWhole(file, tasks, hasIt) {
  const options = { cwd: dirname(file), encoding: 'utf8', timeout: SECONDS * 1_000, killSignal: 'SIGKILL' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, tasks], options)
  const [closure, threads = ''] = stdout.trim().split('\n')
  if (
    hasIt
      ? closure === 'a closure has run' && threads.startsWith('ERR_POOL_WORKER_START: ') && ADVICE.test(threads)
      : status === 1 && ADVICE.test(stderr)
  )
    return
  throw new Error(`ended with ${status}\n${stdout}${stderr}`)
}

const NEXT = { next: '16.4.6', react: '19.2.0', 'react-dom': '19.2.0' }

/** Builds the application with Next; gives what it prints, and whether it has succeeded. */
function buildNext(app, config, ...args) {
  writeFileSync(join(app, 'next.config.mjs'), `export default ${JSON.stringify(config)}\n`)
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_OPTIONS: '' }
  const command = [join(app, 'node_modules/next/dist/bin/next'), 'build', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: app,
    env,
    encoding: 'utf8',
    timeout: 300_000,
    killSignal: 'SIGKILL',
  })
  return { isBuilt: status === 0, text: `${stdout}${stderr}` }
}

/** Serves what Next has put together for a server that has nothing else, and asks it. */
async function checkNext(app) {
  const env = { ...process.env, PORT: '0', HOSTNAME: '127.0.0.1', NODE_OPTIONS: '' }
  const server = spawn(process.execPath, ['server.js'], {
    cwd: join(app, '.next/standalone'),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit')
  const timer = setTimeout(() => server.kill('SIGKILL'), SECONDS * 1_000)
  try {
    let text = ''
    for await (const chunk of server.stdout.setEncoding('utf8')) {
      text += chunk
      const url = text.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0]
      if (url === undefined || !text.includes('Ready')) continue
      const answer = await (await fetch(url)).text()
      if (answer !== JSON.stringify(EXPECTED)) throw new Error(`answered ${answer}`)
      return
    }
    throw new Error(`ended, and printed ${text}`)
  } finally {
    clearTimeout(timer)
    server.kill('SIGKILL')
    await ended
  }
}

function check(path, args, cwd) {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const options = { cwd, env, encoding: 'utf8', timeout: SECONDS * 1_000, killSignal: 'SIGKILL' }
  const { status, signal, stdout, stderr } = spawnSync(path, args, options)
  if (status !== 0) throw new Error(`ended with ${status ?? signal}\n${stderr}`)
  if (stdout.trim() !== JSON.stringify(EXPECTED)) throw new Error(`printed ${stdout}`)
}

/** A copy of the application. */
function application(parent, name) {
  const app = join(parent, name)
  cpSync(join(root, '__test__/bundlers'), app, { recursive: true })
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }\n')
  return app
}

const counts = { passed: 0, failed: 0 }
async function attempt(title, run) {
  try {
    await run()
    counts.passed++
    console.log(`ok ${title}`)
  } catch (error) {
    counts.failed++
    console.log(`not ok ${title}`)
    console.error(error)
  }
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'workpool-bundlers-')))
try {
  const tarballs = emptyFolder(join(root, 'target/pack/tarballs'))
  const target = host()
  const packed = [packMain(tarballs), packPlatform(target, join(root, 'binding', target.file), tarballs)]
  const app = application(folder, 'application')
  install(
    app,
    packed.map(({ path }) => path),
    process.env,
  )
  for (const [name, build] of Object.entries(recipes)) {
    await attempt(name, async () => {
      // The bundles find the packages; what nft has copied has to have its own.
      const out = name === '@vercel/nft' ? join(folder, 'traced') : join(app, `out-${name.replace(' ', '-')}`)
      const main = await build(app, out)
      check(process.execPath, [join(out, main)], out)
    })
  }
  for (const [name, build] of Object.entries(wholes)) {
    await attempt(name, async () => {
      const file = join(
        app,
        `out-${name.replaceAll(/\W+/g, '-')}`,
        name.includes('CommonJS') ? 'whole.cjs' : 'whole.mjs',
      )
      mkdirSync(dirname(file))
      checkWhole(file, join(app, 'tasks.mjs'), await build(app, file))
    })
  }
  const next = join(folder, 'next')
  cpSync(join(root, '__test__/bundlers/next'), next, { recursive: true })
  writeFileSync(join(next, 'package.json'), `${JSON.stringify({ private: true, dependencies: NEXT })}\n`)
  const problem = installFrom(next, ...packed.map(({ path }) => path))
  if (problem !== undefined) throw new Error(`npm install: ${problem}`)
  const external = { serverExternalPackages: ['workpool'], output: 'standalone' }
  await attempt('Next.js without a recipe says what to set', () => {
    const { isBuilt, text } = buildNext(next, {})
    if (isBuilt || !ADVICE.test(text)) throw new Error(text)
  })
  for (const bundler of ['turbopack', 'webpack']) {
    await attempt(`Next.js, ${bundler}`, async () => {
      const { isBuilt, text } = buildNext(next, external, `--${bundler}`)
      if (!isBuilt) throw new Error(text)
      await checkNext(next)
    })
  }
  symlinkSync(join(root, 'node_modules/tsx'), join(app, 'node_modules/tsx'), 'junction')
  const tsx = ['--import', './tsx.mjs', 'main.mts']
  await attempt(`TypeScript by tsx, Node ${process.versions.node}`, () => check(process.execPath, tsx, app))
  for (const runtime of runtimes.filter(({ name, version }) => name === 'node' && Number(version.split('.')[0]) > 20)) {
    const { path, why } = obtainRuntime(runtime)
    const title = `TypeScript by type stripping, Node ${runtime.version}`
    if (path === undefined) console.log(`skipped ${title}: ${why}`)
    else await attempt(title, () => check(path, ['main.mts'], app))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 ? 0 : 1
