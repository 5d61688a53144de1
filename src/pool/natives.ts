/** What only programs with pools of native jobs need. */
import type { Job } from '../addons/job.js'
import type { NativeOrigin } from '../addons/native-origin.js'
import type { JobChecked } from '../options/native-options.js'
import type { Strategy } from '../options/strategy.js'
import { MultiOrigin } from '../origin/multi-origin.js'

export { NativeOrigin } from '../addons/native-origin.js'
export { ticketOf } from '../addons/ticket.js'
export { checkOfNatives } from '../options/multi-native-options.js'
export { checkNativeOptions, jobOptions } from '../options/native-options.js'

export const overJobs = (name: string, members: NativeOrigin[], strategy: Strategy) =>
  new MultiOrigin<Job, JobChecked, readonly Job[], NativeOrigin>(name, members, strategy)
