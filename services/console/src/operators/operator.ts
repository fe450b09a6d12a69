/** What an operator may do; each role may do what the ones before it may. */
export const roles = ['viewer', 'editor', 'admin'] as const
export type Role = (typeof roles)[number]

/** Someone, or some program, with a token for the management API. */
export interface Operator {
  readonly operatorId: string
  readonly role: Role
  readonly createTime: Date
}

export function mayAct(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}
