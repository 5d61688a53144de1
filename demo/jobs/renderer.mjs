/** A process that renders what it is sent, for a thread of `renderers.mjs`. It ends with the process that has started it. */
import { render } from './rendering.mjs'

process.on('message', async ({ id, job }) => {
  try {
    process.send({ id, result: await render(job) })
  } catch (error) {
    process.send({ id, error: String(error) })
  }
})
process.once('disconnect', () => process.exit())
