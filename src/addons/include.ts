import { dirname, join } from 'node:path'

/**
 * The folder of the headers `workpool.h` (C) and `workpool.hpp` (C++), as an absolute path, for whoever builds an addon that
 * has native jobs.
 *
 * ```js
 * // binding.gyp: "include_dirs": ["<!(node -p \"require('workpool/native').include\")"]
 * console.log(require('workpool/native').include)
 * ```
 */
export const include = join(dirname(__dirname), 'include')
