export type { AdaptOptions } from './src/adaptive/adapt-options.js'
export { type AdaptedPool, type Control, adapt } from './src/adaptive/adapt.js'
export { type AimdOptions, aimd } from './src/adaptive/aimd.js'
export type { Advice, Algorithm, Bounds, Sample } from './src/adaptive/algorithm.js'
export { type ClimbOptions, climb } from './src/adaptive/climb.js'
export type { Decision } from './src/adaptive/decision.js'
export { type GradientOptions, gradient } from './src/adaptive/gradient.js'
export {
  type CpuOptions,
  type LatencyOptions,
  type LoadOptions,
  type ThresholdsFunction,
  thresholds,
} from './src/adaptive/thresholds.js'
