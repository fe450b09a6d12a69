import { MessageKind } from '@gatehouse/contracts/token/v1/authorization_service'
import type { Shown } from '../render.ts'

const scopes = [
  { name: 'orders:read', description: 'See your orders' },
  { name: 'orders:write', description: 'Change and cancel your orders' },
  { name: 'offline_access', description: '' },
]
const interaction = 'sealed-interaction'
const retryAfterSeconds = 0n
const signIn = {
  interaction,
  clientName: 'Harbour Orders',
  username: '',
  localUsers: true,
  providers: [],
  failed: false,
  retryAfterSeconds,
  redirectOrigin: 'https://app.example',
} as const
const providers = [
  { providerId: 'corp', displayName: 'Example Corp' },
  { providerId: 'university', displayName: '' },
]
const consent = {
  interaction,
  clientName: 'Harbour Orders',
  username: 'ada',
  scopes,
  authorizationDetails: [],
  redirectOrigin: 'https://app.example',
  device: false,
} as const
const details = [
  '{"type":"payment_initiation","instructed_amount":{"currency":"EUR","amount":"123.50"},"creditor":"Merchant A"}',
]
const device = { failed: false, userCode: '', retryAfterSeconds } as const
const consents = [
  { clientId: 'cl_1', clientName: 'Harbour Orders', scopes },
  { clientId: 'cl_2', clientName: 'Till', scopes: [] },
]
const message = { error: '', errorDescription: '', interaction: '', redirectOrigin: '' } as const
const error = {
  ...message,
  kind: MessageKind.MESSAGE_KIND_ERROR,
  error: 'invalid_request',
  errorDescription: 'redirect_uri is none of those that the client registered',
} as const

/** Every page in each of its states, by a name for it. */
export const samples: Readonly<Record<string, Shown>> = {
  'sign-in': { $case: 'signIn', value: signIn },
  'sign-in-failed': { $case: 'signIn', value: { ...signIn, username: 'ada', failed: true } },
  'sign-in-throttled': { $case: 'signIn', value: { ...signIn, username: 'ada', retryAfterSeconds: 90n } },
  'sign-in-providers': { $case: 'signIn', value: { ...signIn, providers } },
  'sign-in-federated': { $case: 'signIn', value: { ...signIn, localUsers: false, providers } },
  'sign-in-nobody': { $case: 'signIn', value: { ...signIn, localUsers: false } },
  consent: { $case: 'consent', value: consent },
  'consent-details': { $case: 'consent', value: { ...consent, scopes: [], authorizationDetails: details } },
  'consent-device': { $case: 'consent', value: { ...consent, redirectOrigin: '', device: true } },
  device: { $case: 'device', value: device },
  'device-failed': { $case: 'device', value: { ...device, userCode: 'WDJB-MJHX', failed: true } },
  'device-throttled': { $case: 'device', value: { ...device, retryAfterSeconds: 30n } },
  consents: { $case: 'consents', value: { interaction, username: 'ada', consents } },
  'consents-none': { $case: 'consents', value: { interaction, username: 'ada', consents: [] } },
  error: { $case: 'message', value: error },
  'device-approved': { $case: 'message', value: { ...message, kind: MessageKind.MESSAGE_KIND_DEVICE_APPROVED } },
  'device-denied': { $case: 'message', value: { ...message, kind: MessageKind.MESSAGE_KIND_DEVICE_DENIED } },
  'sign-out': { $case: 'message', value: { ...message, kind: MessageKind.MESSAGE_KIND_SIGN_OUT, interaction } },
  'signed-out': { $case: 'message', value: { ...message, kind: MessageKind.MESSAGE_KIND_SIGNED_OUT } },
}
