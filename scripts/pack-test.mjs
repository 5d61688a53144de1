/**
 * `node scripts/pack-test.mjs [--smoke]`: installs the tarballs of `artifacts/` into an empty folder, without a compiler in the PATH, and tries
 * them out there: every example of README as an ES module, as CommonJS and as strict TypeScript, those of the comments as strict TypeScript, and
 * the smoke suite. `--smoke`: only that, which needs nothing of `node_modules`.
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
    for (const tool of ['sh', 'env'])
      symlinkSync(join('/', process.platform === 'linux' || tool === 'sh' ? 'bin' : 'usr/bin', tool), join(bin, tool))
    symlinkSync(process.execPath, join(bin, 'node'))
  }
  const path = process.platform === 'win32' ? [dirname(process.execPath), process.env.SystemRoot + '\\System32'] : [bin]
  const env = { ...process.env, PATH: path.join(delimiter) }
  for (const name of Object.keys(env)) if (/^(npm_|cargo|rustup|path$)/i.test(name) && name !== 'PATH') delete env[name]
  return env
}

function npm() {
  const guess = join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')
  const found = [
    process.env.npm_execpath,
    guess,
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
  ]
  for (const path of found) {
    if (path !== undefined && spawnSync(process.execPath, [path, '--version']).status === 0) return path
  }
  throw new Error('npm was not found')
}

/** Installs tarballs in a folder that has a package.json. */
export function install(folder, tarballs, env) {
  const args = ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs]
  const { status, stderr, stdout } = spawnSync(process.execPath, [npm(), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm install: ${stdout}${stderr}`)
}

/** The blocks of code in a text, with the files that they consist of. */
function blocks(title, text) {
  return [...text.matchAll(/^```[jt]s\n(.*?)^```/gms)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    const parts = match[1].split(/^\/\/ (tasks|main)\.[jt]s.*\n/m)
    const files = { main: parts[0] }
    for (let at = 1; at < parts.length; at += 2) files[parts[at]] = parts[at + 1]
    return { title: `${title}:${line}`, main: files.main, tasks: files.tasks }
  })
}

/** What examples take for imported. */
const IMPORTED = {
  workpool: [
    'Pool',
    'ThreadPool',
    'MultiPool',
    ...new Set(readFileSync(join(root, 'index.ts'), 'utf8').match(/\b\w+Error\b/g)),
  ],
  'workpool/worker': ['currentTask', 'transfer'],
  'node:worker_threads': ['Worker'],
}

/** Imports first, with what the example takes for imported; then the rest in an async function, for CommonJS and names that README uses twice. */
function wrapped(source) {
  const imports = source.match(/^import .*$/gm) ?? []
  const body = source.replace(/^import .*$/gm, '')
  const isMissing = (name) =>
    new RegExp(`(?<![.\\w])${name}\\b(?!:)`).test(body) &&
    !imports.some((line) => new RegExp(`\\b${name}\\b`).test(line))
  for (const [module, names] of Object.entries(IMPORTED)) {
    const absent = names.filter(isMissing)
    if (absent.length > 0) imports.unshift(`import { ${absent.join(', ')} } from '${module}'`)
  }
  // What exports something is a task module, and has no `await` of its own.
  if (/^export /m.test(body)) return `${imports.join('\n')}\n${body}`
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
    const source = wrapped(main).replaceAll(
      "new URL('tasks.js', import.meta.url)",
      "require('node:path').join(__dirname, 'tasks.js')",
    )
    return ['main.cjs', compiled(source.replaceAll('import.meta.filename', '__filename'), 'CommonJS')]
  },
  typescript: ({ main }) => ['main.mts', wrapped(main)],
}

const COMPILER_OPTIONS = {
  strict: true,
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
    writeFileSync(
      join(place, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: { ...COMPILER_OPTIONS, allowJs: true, checkJs: true, outDir: 'out' },
        files: ['main.mts', 'surroundings.d.ts', 'tasks.js'],
      }),
    )
    const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', place], {
      encoding: 'utf8',
      env,
    })
    if (tsc.status !== 0) return tsc.stdout
    main = 'out/main.mjs'
  }
  const options = { cwd: place, env, encoding: 'utf8', timeout: SECONDS * 1_000, killSignal: 'SIGKILL' }
  const { status, signal, stderr } = spawnSync(process.execPath, ['--require', './surroundings.cjs', main], options)
  return status === 0 ? undefined : `ended with ${status ?? signal}\n${stderr}`
}

/** Compiles the examples of the comments of the types, all at once; gives what went wrong. */
function compileComments(folder, env) {
  const place = join(folder, 'comments')
  cpSync(join(root, '__test__/readme'), place, { recursive: true })
  const files = ['surroundings.d.ts']
  for (const entry of ['index', 'worker']) {
    const text = readFileSync(join(folder, 'node_modules/workpool/dist', `${entry}.d.ts`), 'utf8')
    for (const { title, main, tasks } of blocks(entry, text.replace(/^[\t ]*\* ?/gm, ''))) {
      const name = title.replace(':', '-')
      mkdirSync(join(place, name))
      // A comment has no room for the types of a JavaScript module.
      writeFileSync(join(place, name, 'tasks.js'), tasks ?? '')
      const source = wrapped(main)
      const isModule = /^export /m.test(main)
      writeFileSync(join(place, name, isModule ? 'main.mjs' : 'main.mts'), source)
      files.push(`${name}/${isModule ? 'main.mjs' : 'main.mts'}`)
    }
  }
  const compilerOptions = { ...COMPILER_OPTIONS, allowJs: true, noEmit: true, noEmitOnError: false }
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', place], {
    encoding: 'utf8',
    env,
  })
  return { count: files.length - 1, problem: status === 0 ? undefined : stdout }
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
    install(
      folder,
      wanted.map((file) => join(tarballFolder, file)),
      env,
    )
    for (const example of isSmokeOnly ? [] : blocks('README.md', readFileSync(join(root, 'README.md'), 'utf8'))) {
      for (const form of Object.keys(forms)) {
        const problem = tryOut(example, form, folder, env)
        counts[problem === undefined ? 'passed' : 'failed']++
        console.log(`${problem === undefined ? 'ok' : 'not ok'} ${example.title}, ${form}`)
        if (problem !== undefined) console.error(problem)
      }
    }
    if (!isSmokeOnly) {
      const { count, problem } = compileComments(folder, env)
      counts[problem === undefined ? 'passed' : 'failed'] += count
      console.log(`${problem === undefined ? 'ok' : 'not ok'} ${count} examples of comments, typescript`)
      if (problem !== undefined) console.error(problem)
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
