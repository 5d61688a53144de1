/** For `node --import ./tsx.mjs`: by itself tsx leaves threads alone. */
import { register } from 'tsx/esm/api'

register()
