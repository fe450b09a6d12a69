export { type ConsoleConfig, readConfig } from './config.ts'
export { type RunningConsole, startConsole } from './service.ts'
