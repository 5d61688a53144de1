// How the native addon is found, and what is said if it is not.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import test, { type ExecutionContext } from 'ava';

const { platform, arch } = process;

interface Outcome {
  readonly names?: readonly string[];
  readonly message?: string;
  readonly code?: string;
  readonly cause?: string;
}

/** What the loader does in a package of its own, with these packages installed and `before` run first. */
async function load(t: ExecutionContext, packages: Record<string, string> = {}, before = ''): Promise<Outcome> {
  const root = await mkdtemp(join(tmpdir(), 'workpool-addon-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const main = `${before}
    let outcome
    try {
      outcome = { names: Object.keys(require('./addon.js').addon) }
    } catch (error) {
      outcome = { message: error.message, code: error.code, cause: error.cause?.code }
    }
    console.log(JSON.stringify(outcome))`;
  await writeFile(join(root, 'package.json'), '{ "name": "workpool" }');
  await writeFile(join(root, 'main.js'), main);
  await copyFile('target/js/src/addon.js', join(root, 'addon.js'));
  for (const [name, file] of Object.entries(packages)) {
    const folder = join(root, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, main: file }));
    if (file.startsWith('workpool.')) await copyFile(join('binding', file), join(folder, file));
    else await writeFile(join(folder, file), 'no binary');
  }
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'main.js')]);
  return JSON.parse(stdout);
}

const as = (platform_: string, arch_: string) =>
  `Object.defineProperty(process, 'platform', { value: '${platform_}' }); Object.defineProperty(process, 'arch', { value: '${arch_}' });`;

test('an addon that is not installed: the error names the platform, what was tried and what to do', async (t) => {
  const { message, code, cause } = await load(t);
  t.is(code, 'ERR_POOL_ADDON');
  t.is(cause, undefined);
  t.regex(message!, new RegExp(`^workpool has no native addon for ${platform}-${arch} .*Node ${process.versions.node}`));
  t.regex(message!, new RegExp(`\n  workpool-${platform}-${arch}.*: not there\n`));
  t.regex(message!, /optional ones included/);
});

test('an addon that the system refuses: the error has the reason of the system', async (t) => {
  const abi = platform === 'linux' ? '-gnu' : platform === 'win32' ? '-msvc' : '';
  const name = `workpool-${platform}-${arch}${abi}`;
  const { message, cause } = await load(t, { [name]: 'addon.node' });
  t.is(cause, 'ERR_DLOPEN_FAILED');
  t.regex(message!, new RegExp(`\n  ${name}: (?!not there).+`));
  t.regex(message!, /the system refuses it/);
});

test('a platform without a binary is told which have one', async (t) => {
  const { message } = await load(t, {}, as('aix', 'ppc64'));
  t.regex(message!, /^workpool has no native addon for aix-ppc64 .*\nThere are binaries for darwin-arm64, .*win32-x64-msvc\.$/);
});

for (const [system, arch_, abi] of [
  ['darwin', 'arm64', ''],
  ['darwin', 'x64', ''],
  ['linux', 'arm64', '-gnu'],
  ['linux', 'arm64', '-musl'],
  ['linux', 'x64', '-gnu'],
  ['linux', 'x64', '-musl'],
  ['win32', 'arm64', '-msvc'],
  ['win32', 'x64', '-msvc'],
] as const) {
  const name = `workpool-${system}-${arch_}${abi}`;
  test(`${name} is found`, async (t) => {
    const { message } = await load(t, { [name]: 'addon.node' }, as(system, arch_));
    t.regex(message!, new RegExp(`\n  ${name}: (?!not there).+`));
  });
}

test('the binary of this platform is loaded from its package', async (t) => {
  const [file] = (await readdir('binding')).filter((name) => name.endsWith('.node'));
  const name = file!.replace('.', '-').replace('.node', '');
  const { names } = await load(t, { [name]: file! });
  t.true(names?.includes('isolate'));
});
