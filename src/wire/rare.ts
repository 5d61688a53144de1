/** What only errors need, and values that the codec declines. */
export { isErrorClass } from './payload/error-classes.js'
export { describeError, reduceError, reviveError } from './payload/errors.js'
export { survey } from './payload/survey.js'
export { nameOf, onlyToOwner, read, write, writeAny } from './serialization.js'
