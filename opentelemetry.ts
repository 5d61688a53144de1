export { type InstrumentOptions, instrument } from './src/observe/opentelemetry.js'
