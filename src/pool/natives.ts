/** What only programs with pools of native jobs need. */
export { NativeOrigin } from '../addons/native-origin.js'
export { ticketOf } from '../addons/ticket.js'
export { checkNativeOptions, jobOptions } from '../options/native-options.js'
