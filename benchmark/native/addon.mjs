/** The addon of the questions about native jobs: one class as an `Napi::AsyncWorker`, and ported to workpool. */
import { createRequire } from 'node:module'
import { buildAddons, canBuild } from '../../scripts/addons.mjs'

const require = createRequire(import.meta.url)

export const obstacle = () => (canBuild ? undefined : 'the addon is built with a Unix compiler')

/** libuv has as many threads. */
const SIZE = 4

export const LIBRARIES = ['workpool', 'AsyncWorker']

/** A function that has a job of so many ms done. @param {string} library */
export async function open(library) {
  buildAddons()
  const addon = require('../../target/fixtures/cpp.node')
  if (library === 'AsyncWorker') return (/** @type {number} */ ms) => addon.worker('x', ms)
  const { NativePool } = await import('workpool')
  const native = NativePool.create({ size: SIZE })
  return (/** @type {number} */ ms) => addon.job(native.job(), 'x', ms)
}
