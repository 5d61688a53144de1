export { type BoundedHandler, type BoundedOptions, type BoundedPool, bounded } from './src/http/bounded.js'
export {
  type CloseOnSignalOptions,
  type ClosedOnSignal,
  type ClosingOnSignal,
  closeOnSignal,
} from './src/http/close-on-signal.js'
export { signalOf } from './src/http/client-signal.js'
export { type HttpAnswer, toHttp } from './src/http/answer.js'
