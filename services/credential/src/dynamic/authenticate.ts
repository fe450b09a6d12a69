import { timingSafeEqual } from 'node:crypto'
import { type Client, ClientState } from '@gatehouse/contracts/credential/v1/client'
import { digestSecret, parseSecret } from '@gatehouse/credential-format'
import type { ReadTables } from '../read/read-tables.ts'
import { RegistrationRefused } from './refused.ts'

/** A token as presented: the id within it, and its digest. */
export interface PresentedToken {
  readonly id: string
  readonly text: string
  readonly digest: Uint8Array
}

/** For tokens that do not exist, so that they take as long as those that do. */
const nobodys = new Uint8Array(32)

/** @throws RegistrationRefused for a header without a token of this environment */
export function presentedToken(authorization: string, environmentId: string): PresentedToken {
  if (authorization === '') throw new RegistrationRefused('registration_token_missing')
  const [, text = ''] = /^bearer +([!-~]+)$/i.exec(authorization) ?? []
  const parsed = parseSecret('registration', text)
  if (parsed.kind !== 'own' || parsed.environmentId !== environmentId) {
    throw new RegistrationRefused('registration_token_invalid')
  }
  return { id: parsed.id, text, digest: digestSecret(text) }
}

/** The initial access token is the one that was issued. Whether it may still be used is decided where it is used. */
export async function checkInitialAccessToken(read: ReadTables, token: PresentedToken): Promise<void> {
  const found = await read.initialAccessToken(token.id)
  if (!isDigest(found?.digest, token) || !found) throw new RegistrationRefused('registration_token_invalid')
}

/** The client to which a registration access token belongs; every reason why there is none looks alike. */
export async function authenticatedClient(
  read: ReadTables,
  { clientId, environmentId }: { readonly clientId: string; readonly environmentId: string },
  token: PresentedToken,
): Promise<Client> {
  const client = await read.client(clientId)
  if (!mayManage(client, environmentId, token) || !client) throw new RegistrationRefused('registration_token_invalid')
  return client
}

/** Whether a client is managed with the token: active, of the environment, and registered by itself. */
export function mayManage(
  client: Omit<Client, 'version'> | undefined,
  environmentId: string,
  token: PresentedToken,
): boolean {
  const same = isDigest(client?.registration?.registrationTokenDigest, token)
  return same && client?.environmentId === environmentId && client.state === ClientState.CLIENT_STATE_ACTIVE
}

function isDigest(kept: Uint8Array | undefined, { digest }: PresentedToken): boolean {
  const sound = kept?.length === digest.length
  // Constant time: how much of a digest agrees is nobody's to learn.
  return timingSafeEqual(sound ? kept : nobodys, digest) && sound
}
