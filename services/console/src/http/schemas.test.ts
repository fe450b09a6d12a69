import { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import { Client } from '@gatehouse/contracts/credential/v1/client'
import { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { ClientSecret } from '@gatehouse/contracts/credential/v1/client_secret'
import { InitialAccessToken } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { Issuer, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { Grant, GrantSummary, User, UserClaims } from '@gatehouse/contracts/token/v1/grant'
import { SigningKey } from '@gatehouse/contracts/token/v1/signing_key'
import { expect, test } from 'vitest'
import {
  clientSecretView,
  clientView,
  grantView,
  initialAccessTokenView,
  signingKeyView,
  userView,
} from './oauth-views.ts'
import { resourceSchemas } from './schemas.ts'
import { apiKeyView, apiView, decisionView, environmentView, planView, subscriptionView } from './views.ts'

const time = new Date(0)
const shown: Readonly<Record<string, object>> = {
  Environment: environmentView({ ...Environment.create(), issuer: Issuer.create() }),
  Api: apiView({ ...Api.create(), tokens: TokenSettings.create() }),
  Plan: planView(Plan.create()),
  Client: clientView({ ...Client.create(), registration: ClientRegistration.create(), createTime: time }),
  ClientSecret: clientSecretView({ ...ClientSecret.create(), createTime: time, expireTime: time, revokeTime: time }),
  InitialAccessToken: initialAccessTokenView({ ...InitialAccessToken.create(), createTime: time }),
  Subscription: subscriptionView({ ...Subscription.create(), createTime: time }),
  ApiKey: apiKeyView({ ...ApiKey.create(), createTime: time, expireTime: time, lastUseTime: time }),
  User: userView({ ...User.create(), claims: UserClaims.create() }),
  Grant: grantView({ ...GrantSummary.create(), grant: Grant.create() }),
  SigningKey: signingKeyView(SigningKey.create()),
  Decision: decisionView({ ...DecisionRecord.create(), time }),
}

/** The members that no schema names: `Client.registration.x`. */
function unnamed(value: object, schema: object, path: string): string[] {
  const properties = propertiesOf(schema) ?? {}
  return Object.entries(value).flatMap(([name, member]) => {
    const own = properties[name]
    if (!own) return [`${path}.${name}`]
    const nested = typeof member === 'object' && member !== null && !Array.isArray(member) && propertiesOf(own)
    return nested ? unnamed(member, own, `${path}.${name}`) : []
  })
}

function propertiesOf(schema: object): Readonly<Record<string, object>> | undefined {
  return 'properties' in schema ? { ...(schema.properties as object) } : undefined
}

test.each(Object.entries(shown))('what is shown of a %s is what the OpenAPI document names', (name, view) => {
  const schema = resourceSchemas.find(({ $id }) => $id === name)
  expect(unnamed(view, schema ?? {}, name)).toEqual([])
})
