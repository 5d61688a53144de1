import { dirname, join } from 'node:path'

/**
 * The folder of the headers `workpool.h` (C) and `workpool.hpp` (C++), as an absolute path, for whoever builds an addon that
 * has native jobs.
 *
 * ```js
 * import { include } from 'workpool/native'
 *
 * console.log(`-I${include}`)
 * ```
 */
export const include = join(dirname(__dirname), 'include')
