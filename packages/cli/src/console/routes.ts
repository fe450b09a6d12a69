/** The paths of the management REST that the CLI uses. */
export const routes = {
  environments: '/v1/environments',
  environment: (id: string) => path`/v1/environments/${id}`,
  apis: (environment: string) => path`/v1/environments/${environment}/apis`,
  api: (environment: string, id: string) => path`/v1/environments/${environment}/apis/${id}`,
  openApi: (environment: string, id: string) => path`/v1/environments/${environment}/apis/${id}/openapi`,
  plans: (environment: string) => path`/v1/environments/${environment}/plans`,
  plan: (environment: string, id: string) => path`/v1/environments/${environment}/plans/${id}`,
  clients: '/v1/clients',
  client: (id: string) => path`/v1/clients/${id}`,
  clientAction: (id: string, action: string) => path`/v1/clients/${id}/${action}`,
  clientSecrets: (client: string) => path`/v1/clients/${client}/secrets`,
  clientSecretAction: (id: string, action: string) => path`/v1/client-secrets/${id}/${action}`,
  initialAccessTokens: '/v1/initial-access-tokens',
  initialAccessTokenAction: (id: string, action: string) => path`/v1/initial-access-tokens/${id}/${action}`,
  users: '/v1/users',
  user: (id: string) => path`/v1/users/${id}`,
  userAction: (id: string, action: string) => path`/v1/users/${id}/${action}`,
  grants: '/v1/grants',
  grant: (id: string) => path`/v1/grants/${id}`,
  grantAction: (id: string, action: string) => path`/v1/grants/${id}/${action}`,
  signingKeys: '/v1/signing-keys',
  rotateSigningKey: '/v1/signing-keys/rotate',
  signingKeyAction: (id: string, action: string) => path`/v1/signing-keys/${id}/${action}`,
  tokenAction: (id: string, action: string) => path`/v1/tokens/${id}/${action}`,
  revokeBefore: '/v1/tokens/revoke-before',
  subscriptions: '/v1/subscriptions',
  subscription: (id: string) => path`/v1/subscriptions/${id}`,
  subscriptionAction: (id: string, action: string) => path`/v1/subscriptions/${id}/${action}`,
  subscriptionKeys: (id: string) => path`/v1/subscriptions/${id}/credentials`,
  keys: '/v1/api-keys',
  importKey: '/v1/api-keys/import',
  key: (id: string) => path`/v1/api-keys/${id}`,
  keyAction: (id: string, action: string) => path`/v1/api-keys/${id}/${action}`,
  decisions: '/v1/decisions',
  decisionFollow: '/v1/decisions/follow',
  decision: (id: string) => path`/v1/decisions/${id}`,
} as const

/** Every value is one segment, whatever it holds. */
function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: texts }, ...values.map(encodeURIComponent))
}
