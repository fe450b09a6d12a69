export { runCli, type Surroundings } from './program.ts'
