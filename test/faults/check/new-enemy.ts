import { type History, isAllow } from '../history.ts'
import { endsOf } from './ends.ts'

/**
 * What was published after the end of a credential is read by no call with it that carries the positions of both. Of calls
 * that carry none the bound of the revocation is all that is promised.
 */
export function checkNewEnemy(history: History): string[] {
  const ends = endsOf(history)
  const published = new Map(
    history.commands.flatMap((command) => (command.action === 'publish' ? [[command.keyId, command] as const] : [])),
  )
  return history.calls.filter(isAllow).flatMap((call) => {
    const publication = call.operation === undefined ? undefined : published.get(call.operation)
    if (!publication) return []
    const carries = publication.position !== '' && (call.position?.split(',').includes(publication.position) ?? false)
    return (ends.get(call.keyId) ?? [])
      .filter((end) => end.endedAt <= publication.invokedAt && call.endedAt < end.until)
      .filter((end) => carries && (call.position?.split(',').includes(end.position) ?? false))
      .map((end) => `${call.gateway} let ${call.keyId} read ${call.operation}, published after ${end.what}`)
  })
}
