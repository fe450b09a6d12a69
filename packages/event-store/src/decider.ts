/** How a stream's events become its state. `evolve` is pure, never throws, and passes over events it does not know. */
export interface Fold<State, Event> {
  readonly initialState: State
  evolve(state: State, event: Event): State
}

/**
 * A decider: what a command does to a stream. `decide` is pure: time, ids and digests come in with the command. It
 * answers the events, none when nothing is to change, or throws a GatehouseError when the state does not allow it.
 */
export interface Decider<State, Event, Command> extends Fold<State, Event> {
  decide(command: Command, state: State): readonly Event[]
}

/** The state after a history. */
export function fold<State, Event>({ initialState, evolve }: Fold<State, Event>, history: readonly Event[]): State {
  return history.reduce(evolve, initialState)
}
