/**
 * The examples of README.md, of `docs/` and of the comments of the types. `tryOutPages` runs every one of the pages as an ES module, as
 * CommonJS and as strict TypeScript; `compileComments` compiles those of the comments. Both want a folder with the packages installed.
 *
 * In a page a block of `js` or `ts` is an example. A comment with a file name, such as `// tasks.js`, begins a file. A block that has nothing but
 * modules of threads (`tasks`, `carrier`, `sdk`) belongs to the next block. What a line says after `// →` has to be printed. A block of `js before` shows another library, and
 * runs with that library, as an ES module.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { entries } from './entries.mjs'
import { root } from './run.mjs'

const SECONDS = 30
/** What examples need beside the packages: globals that stand for the reader's own code, and clients of servers. */
const GIVEN = join(root, '__test__/examples')
/** README has to run as it stands: it gets nothing of the reader's own. */
const COMPLETE = new Set(['README.md'])
const TSC = join(root, 'node_modules/typescript/bin/tsc')

/** Modules that threads load. */
const OF_THREADS = /^(tasks|carrier|sdk)\./

const pages = () => [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]

/** The examples in a text, each with its files by name; `main` is the name of the one to run. */
function examplesOf(page, text) {
  const examples = []
  let modules = {}
  for (const match of text.matchAll(/^```([jt]s)( before)?\n(.*?)^```/gms)) {
    const [block, language, before, source] = match
    const title = `${page}:${text.slice(0, match.index).split('\n').length}`
    const [head, ...parts] = source.split(/^\/\/ ([\w-]+\.[jt]s)\b.*\n/m)
    const files = { ...modules }
    if (head.trim() !== '') files[`main.${language}`] = head
    for (let at = 0; at < parts.length; at += 2) files[parts[at]] = parts[at + 1]
    const main = Object.keys(files).find((name) => !OF_THREADS.test(name))
    if (main === undefined) modules = files
    else {
      examples.push({ page, title, files, main, block, isBefore: before !== undefined })
      modules = {}
    }
  }
  if (Object.keys(modules).length > 0) throw new Error(`${page} ends with a task module that nobody uses`)
  return examples
}

/** What examples take for imported. */
const IMPORTED = {
  workpool: [
    'Pool',
    'isRetryable',
    'ThreadPool',
    'MultiPool',
    'NativePool',
    'carryStorage',
    'pools',
    ...new Set(readFileSync(join(root, 'index.ts'), 'utf8').match(/\b\w+Error\b/g)),
  ],
  'workpool/worker': ['carried', 'currentTask', 'maybeCurrentTask', 'transfer'],
  'workpool/adaptive': ['adapt', 'gradient', 'aimd', 'climb', 'thresholds'],
  'workpool/jobs': ['Jobs', ...new Set(readFileSync(join(root, 'jobs.ts'), 'utf8').match(/\bJob\w+Error\b/g))],
  'node:worker_threads': ['Worker'],
}

/** With imports for what the example takes for imported. */
function withImports(source) {
  // What has to stand at the top of a module.
  const TOP = /^import [^\n]*$|^declare module .*?^}$/gms
  const imports = source.match(TOP) ?? []
  const body = source.replace(TOP, '')
  const isMissing = (name) =>
    new RegExp(`(?<![.\\w])${name}\\b(?!:)`).test(body) &&
    !imports.some((line) => new RegExp(`\\b${name}\\b`).test(line))
  for (const [module, names] of Object.entries(IMPORTED)) {
    const absent = names.filter(isMissing)
    if (absent.length > 0) imports.unshift(`import { ${absent.join(', ')} } from '${module}'`)
  }
  return { imports: imports.join('\n'), body }
}

/** The imports first; then the rest in an async function, for CommonJS and for names that stand for the reader's code elsewhere. */
function wrapped(source) {
  const { imports, body } = withImports(source)
  // What exports something is a task module, and has no `await` of its own.
  if (/^export /m.test(body)) return `${imports}\n${body}`
  return `${imports}\nvoid (async () => {\n${body}\n})()\nexport {}\n`
}

function transpiled(source, module) {
  const ts = createRequire(import.meta.url)('typescript')
  const compilerOptions = { module: ts.ModuleKind[module], target: ts.ScriptTarget.ES2022, esModuleInterop: true }
  return ts.transpileModule(source, { compilerOptions }).outputText
}

/** The task module, also if the example names its TypeScript. */
const asJavaScript = (source) => source.replaceAll(/(['"/])tasks\.ts(?=['"])/g, '$1tasks.js')

const COMPILER_OPTIONS = {
  strict: true,
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  typeRoots: [join(root, 'node_modules/@types')],
  types: ['node'],
  allowJs: true,
  allowImportingTsExtensions: true,
  noEmit: true,
}

/** Writes what the example needs beside its main file. */
function prepare(place, { files }) {
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }\n')
  const modules = Object.keys(files).filter((name) => OF_THREADS.test(name))
  for (const name of modules) {
    writeFileSync(join(place, name), withModuleImports(files[name]))
    if (name.endsWith('.ts'))
      writeFileSync(join(place, name.replace(/ts$/, 'js')), transpiled(withModuleImports(files[name]), 'ES2022'))
  }
  if (!modules.some((name) => name.startsWith('tasks.'))) cpSync(join(GIVEN, 'tasks.js'), join(place, 'tasks.js'))
}

function withModuleImports(source) {
  const { imports, body } = withImports(source)
  return `${imports}\n${body}`
}

const forms = {
  module: ({ files, main, page }) => {
    const source = COMPLETE.has(page) || files[main].includes('import ') ? files[main] : wrapped(files[main])
    return ['main.mjs', asJavaScript(transpiled(source, 'ES2022'))]
  },
  commonjs: ({ files, main }) => {
    const source = asJavaScript(wrapped(files[main]))
      .replaceAll(
        /new URL\('(?:\.\/)?((?:tasks|carrier)\.js)', import\.meta\.url\)/g,
        "require('node:path').join(__dirname, '$1')",
      )
      .replaceAll(
        "new URL('sdk.js', import.meta.url)",
        "require('node:url').pathToFileURL(require('node:path').join(__dirname, 'sdk.js'))",
      )
      .replaceAll('import.meta.filename', '__filename')
    return ['main.cjs', transpiled(source, 'CommonJS')]
  },
  // Where Node strips types it runs what the page shows; elsewhere what a compiler would give.
  typescript: ({ files, main, page }) => {
    const source = COMPLETE.has(page) ? files[main] : wrapped(files[main])
    return process.features.typescript ? ['main.mts', source] : ['main.mjs', asJavaScript(transpiled(source, 'ES2022'))]
  },
}

/** Compiles all examples of some pages, strictly and at once; gives what went wrong with each, by its title. */
function compile(examples, folder, env, { surroundings = true, checkJs = true } = {}) {
  if (examples.length === 0) return new Map()
  const place = join(folder, 'compiled')
  rmSync(place, { recursive: true, force: true })
  const files = []
  const folders = new Map()
  for (const example of examples) {
    const name = example.title.replaceAll(/\W/g, '-')
    folders.set(name, example.title)
    prepare(join(place, name), example)
    const main = example.isModule ? 'main.mjs' : 'main.mts'
    const source = example.files[example.main]
    writeFileSync(join(place, name, main), COMPLETE.has(example.page) ? source : wrapped(source))
    files.push(`${name}/${main}`)
  }
  if (surroundings) {
    cpSync(join(GIVEN, 'surroundings.d.ts'), join(place, 'surroundings.d.ts'))
    files.push('surroundings.d.ts')
  }
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...COMPILER_OPTIONS, checkJs }, files }),
  )
  const { status, stdout } = spawnSync(process.execPath, [TSC, '-p', place, '--pretty', 'false'], {
    encoding: 'utf8',
    env,
  })
  const problems = new Map()
  for (const line of stdout.split('\n')) {
    const title = folders.get(line.match(/([\w-]+)[\\/][\w.]+\(\d/)?.[1])
    if (title !== undefined) problems.set(title, `${problems.get(title) ?? ''}${line}\n`)
  }
  if (status !== 0 && problems.size === 0) throw new Error(stdout)
  return problems
}

/** Runs an example in a form; gives what went wrong. */
function tryOut(example, form, folder, env) {
  const place = join(folder, 'example')
  rmSync(place, { recursive: true, force: true })
  prepare(place, example)
  cpSync(GIVEN, place, { recursive: true, filter: (path) => basename(path) !== 'tasks.js' })
  const [main, source] = forms[form](example)
  writeFileSync(join(place, main), source)
  const given = COMPLETE.has(example.page) ? './network.cjs' : './surroundings.cjs'
  const options = { cwd: place, env, encoding: 'utf8', timeout: SECONDS * 1_000, killSignal: 'SIGKILL' }
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--require', given, main], options)
  if (status !== 0) return `ended with ${status ?? signal}\n${stderr}`
  const said = [...example.block.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1].trim())
  const unsaid = said.filter((line) => !stdout.split('\n').includes(line))
  return unsaid.length === 0 ? undefined : `did not print: ${unsaid.join(' | ')}\nbut: ${stdout}`
}

/** Links the libraries that pages show, for comparison or for use with ours. */
function linkPeers(folder) {
  for (const peer of [
    'p-limit',
    'p-queue',
    'bottleneck',
    'async-sema',
    'piscina',
    'cockatiel',
    'pino',
    '@opentelemetry',
    'bullmq',
    'ioredis',
    '@electric-sql',
    'prom-client',
    '@fastify',
    '@types',
    'express',
    'fastify',
  ])
    symlinkSync(join(root, 'node_modules', peer), join(folder, 'node_modules', peer), 'junction')
}

/** Runs the examples of all pages, or of those whose title contains `only`; gives how many passed and failed. */
export function tryOutPages(folder, env, only = '') {
  const counts = { passed: 0, failed: 0 }
  linkPeers(folder)
  const report = (title, form, problem) => {
    counts[problem === undefined ? 'passed' : 'failed']++
    console.log(`${problem === undefined ? 'ok' : 'not ok'} ${title}, ${form}`)
    if (problem !== undefined) console.error(problem)
  }
  const examples = pages()
    .flatMap((page) => examplesOf(page, readFileSync(join(root, page), 'utf8')))
    .filter(({ title }) => title.includes(only))
  const ours = examples.filter(({ isBefore }) => !isBefore)
  const isComplete = ({ page }) => COMPLETE.has(page)
  const problems = new Map([
    ...compile(ours.filter(isComplete), folder, env, { surroundings: false }),
    ...compile(
      ours.filter((example) => !isComplete(example)),
      folder,
      env,
      true,
    ),
  ])
  for (const example of examples) {
    for (const form of example.isBefore ? ['module'] : Object.keys(forms)) {
      const problem = form === 'typescript' ? problems.get(example.title) : undefined
      report(example.title, form, problem ?? tryOut(example, form, folder, env))
    }
  }
  return counts
}

/** Compiles the examples of the comments of the types; gives how many passed and failed. */
export function compileComments(folder, env) {
  const examples = entries.flatMap(({ path: entry }) => {
    const text = readFileSync(join(folder, 'node_modules/workpool/dist', `${entry}.d.ts`), 'utf8')
    return examplesOf(entry, text.replace(/^[\t ]*\* ?/gm, '')).map((example) => ({
      ...example,
      isModule: /^export /m.test(example.files[example.main]),
    }))
  })
  for (const { files } of examples) files['tasks.js'] ??= ''
  // A comment has no room for the types of a JavaScript module.
  const problems = compile(examples, folder, env, { checkJs: false })
  for (const [title, problem] of problems) console.error(`${title}\n${problem}`)
  const failed = problems.size
  console.log(`${failed === 0 ? 'ok' : 'not ok'} ${examples.length} examples of comments, typescript`)
  return { passed: examples.length - failed, failed }
}
