import { setUp } from './setup.mjs'

setUp()
// In this process, so that Ctrl-C and the exit code are the demo's own.
await import('../demo/jobs/main.mjs')
