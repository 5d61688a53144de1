/** Loads packages that this one does not bring: whoever uses `workpool/jobs` installs those of its store. */

/**
 * Gives the package that `load` imports.
 *
 * @param install what to install, as npm takes it: `bullmq@6 ioredis`
 * @throws Error with code `ERR_POOL_PEER` if it is not there, or cannot be loaded
 */
export async function peer<T>(load: () => Promise<T>, what: string, install: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const message = `${what} needs packages that could not be loaded; install them: npm install ${install}`
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_POOL_PEER' })
  }
}
