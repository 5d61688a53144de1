/**
 * `node scripts/pack-test.mjs [--smoke]`: installs the tarballs of `artifacts/` into an empty folder, without a compiler in the PATH, and tries
 * them out there: every example of README as an ES module, as CommonJS and as TypeScript, and the smoke suite. `--smoke`: only that, which
 * needs nothing of `node_modules`.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'
import { smoke } from './smoke.mjs'
import { host, manifest } from './targets.mjs'

const SECONDS = 30

/** Node, npm and the shell, and nothing that could compile. */
function bareEnvironment(folder) {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  if (process.platform !== 'win32') {
    for (const tool of ['sh', 'env']) symlinkSync(join('/', process.platform === 'linux' || tool === 'sh' ? 'bin' : 'usr/bin', tool), join(bin, tool))
    symlinkSync(process.execPath, join(bin, 'node'))
  }
  const path = process.platform === 'win32' ? [dirname(process.execPath), process.env.SystemRoot + '\\System32'] : [bin]
  const env = { ...process.env, PATH: path.join(delimiter) }
  for (const name of Object.keys(env)) if (/^(npm_|cargo|rustup|path$)/i.test(name) && name !== 'PATH') delete env[name]
  return env
}

function npm() {
  const guess = join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')
  const found = [process.env.npm_execpath, guess, join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')]
  for (const path of found) {
    if (path !== undefined && spawnSync(process.execPath, [path, '--version']).status === 0) return path
  }
  throw new Error('npm was not found')
}

/** Installs tarballs in a folder that has a package.json. */
export function install(folder, tarballs, env) {
  const args = ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs]
  const { status, stderr, stdout } = spawnSync(process.execPath, [npm(), ...args], { cwd: folder, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm install: ${stdout}${stderr}`)
}

/** The `js` blocks of README, with the files that they consist of. */
function examples() {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  return [...text.matchAll(/^```js\n(.*?)^```/gms)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    const parts = match[1].split(/^\/\/ (tasks|main)\.js.*\n/m)
    const files = { main: parts[0] }
    for (let at = 1; at < parts.length; at += 2) files[parts[at]] = parts[at + 1]
    return { title: `README.md:${line}`, main: files.main, tasks: files.tasks }
  })
}

/** Imports first, with what the example takes for imported; then the rest in an async function, for CommonJS and names that README uses twice. */
function wrapped(source) {
  const imports = source.match(/^import .*$/gm) ?? []
  const body = source.replace(/^import .*$/gm, '')
  const classes = ['Pool', 'ThreadPool', 'MultiPool'].filter((name) => new RegExp(`\\b${name}\\.`).test(body))
  const absent = classes.filter((name) => !imports.some((line) => new RegExp(`\\b${name}\\b`).test(line)))
  if (absent.length > 0) imports.unshift(`import { ${absent.join(', ')} } from 'workpool'`)
  return `${imports.join('\n')}\nvoid (async () => {\n${body}\n})()\nexport {}\n`
}

function compiled(source, module) {
  const ts = createRequire(import.meta.url)('typescript')
  const compilerOptions = { module: ts.ModuleKind[module], target: ts.ScriptTarget.ES2022, esModuleInterop: true }
  return ts.transpileModule(source, { compilerOptions }).outputText
}

const forms = {
  module: ({ main }) => ['main.mjs', compiled(main.includes('import ') ? main : wrapped(main), 'ES2022')],
  commonjs: ({ main }) => {
    const source = wrapped(main).replaceAll("new URL('tasks.js', import.meta.url)", "require('node:path').join(__dirname, 'tasks.js')")
    return ['main.cjs', compiled(source.replaceAll('import.meta.filename', '__filename'), 'CommonJS')]
  },
  typescript: ({ main }) => ['main.mts', wrapped(main)],
}

const COMPILER_OPTIONS = {
  strict: true,
  // README's examples are JavaScript: what they leave to the reader is of any type.
  noImplicitAny: false,
  useUnknownInCatchVariables: false,
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  noEmitOnError: true,
  typeRoots: [join(root, 'node_modules/@types')],
  types: ['node'],
}

/** Runs an example in a form; gives what went wrong. */
function tryOut(example, form, folder, env) {
  const place = join(folder, 'example')
  rmSync(place, { recursive: true, force: true })
  cpSync(join(root, '__test__/readme'), place, { recursive: true })
  const given = readFileSync(join(place, 'tasks.js'), 'utf8')
  writeFileSync(join(place, 'tasks.js'), `${example.tasks ?? ''}\n${given}`)
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }\n')
  let [main, source] = forms[form](example)
  writeFileSync(join(place, main), source)
  if (form === 'typescript') {
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...COMPILER_OPTIONS, allowJs: true, outDir: 'out' }, files: ['main.mts', 'surroundings.d.ts', 'tasks.js'] }))
    const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', place], { encoding: 'utf8', env })
    if (tsc.status !== 0) return tsc.stdout
    main = 'out/main.mjs'
  }
  const options = { cwd: place, env, encoding: 'utf8', timeout: SECONDS * 1_000, killSignal: 'SIGKILL' }
  const { status, signal, stderr } = spawnSync(process.execPath, ['--require', './surroundings.cjs', main], options)
  return status === 0 ? undefined : `ended with ${status ?? signal}\n${stderr}`
}

export function testPackages(tarballFolder, { isSmokeOnly = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'workpool-packages-'))
  const counts = { passed: 0, failed: 0 }
  try {
    const { packageName } = host()
    const wanted = [manifest.name, packageName].map((name) => `${name}-${manifest.version}.tgz`)
    const present = readdirSync(tarballFolder)
    const missing = wanted.filter((file) => !present.includes(file))
    if (missing.length > 0) throw new Error(`${missing.join(', ')} not in ${tarballFolder}`)
    const env = bareEnvironment(folder)
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    install(folder, wanted.map((file) => join(tarballFolder, file)), env)
    for (const example of isSmokeOnly ? [] : examples()) {
      for (const form of Object.keys(forms)) {
        const problem = tryOut(example, form, folder, env)
        counts[problem === undefined ? 'passed' : 'failed']++
        console.log(`${problem === undefined ? 'ok' : 'not ok'} ${example.title}, ${form}`)
        if (problem !== undefined) console.error(problem)
      }
    }
    cpSync(join(root, '__test__/smoke'), join(folder, 'smoke'), { recursive: true })
    const smoked = smoke([process.execPath], { folder: join(folder, 'smoke') })
    counts.passed += smoked.passed
    counts.failed += smoked.failed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  if (counts.failed > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  testPackages(join(root, 'artifacts'), { isSmokeOnly: process.argv.includes('--smoke') })
}
