export { include } from './src/addons/include.js'
