/** The tests of native jobs need addons, which `npm run test:native` builds. */
const files =
  process.env.WORKPOOL_TESTS === 'addons'
    ? ['__test__/addons/**/*.spec.ts']
    : ['__test__/**/*.spec.ts', '!__test__/addons/**']

export default {
  files,
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx', '--expose-gc'],
  workerThreads: false,
  timeout: '60s',
}
