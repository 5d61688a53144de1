/** What pools of closures need. */
export { ClosureOrigin } from '../origin/closure-origin.js'
export * from './closure-verbs.js'
