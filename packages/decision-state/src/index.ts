export {
  type DecisionState,
  type DecisionStateHooks,
  type DecisionStateOptions,
  openDecisionState,
} from './decision-state.ts'
export { type CredentialLookup, FactParked, loadViews } from './load-views.ts'
export { type RebuildFromLogsOptions, rebuildFromLogs } from './rebuild.ts'
export { type DecidedOn, recordedFacts } from './recorded-facts.ts'
export { refuseUnknownState, type Staleness } from './staleness.ts'
