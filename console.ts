export type { ConsoleHandler, ConsoleOptions } from './src/console/console-page.js'
export { consolePage } from './src/console/console-page.js'
export type { ConsoleDetails, ConsolePool, ConsoleSnapshot, ConsoleTimes } from './src/console/snapshot.js'
