import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IdentityProvider } from '@gatehouse/contracts/policy/v1/token_settings'
import * as oidc from 'openid-client'
import { boundedFetch } from './bounded-fetch.ts'

/** Identity providers outside, as their metadata describe them. */
export interface Providers {
  /** Rejects with ProviderUnavailable when the provider does not tell, or the secret for it is not there. */
  open(provider: IdentityProvider): Promise<oidc.Configuration>
}

/** The provider, or the way to it, is at fault: nothing is known of the user. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable'
}

const timeoutSeconds = 5
/** How long metadata are believed; its keys are read anew by openid-client when a key is not known. */
const rememberMs = 600_000
/** A provider that is down is not asked by every user. */
const rememberFailureMs = 5_000
const providersMax = 64

interface Remembered {
  readonly untilMs: number
  readonly configuration: Promise<oidc.Configuration>
}

export function createProviders(secretsDir: string, now: () => number = Date.now): Providers {
  const remembered = new Map<string, Remembered>()

  function remember(key: string, configuration: Promise<oidc.Configuration>, forMs: number): void {
    remembered.delete(key)
    remembered.set(key, { untilMs: now() + forMs, configuration })
    const [oldest] = remembered.keys()
    if (remembered.size > providersMax && oldest !== undefined) remembered.delete(oldest)
  }

  return {
    open(provider) {
      const key = JSON.stringify([provider.issuer, provider.clientId, provider.clientSecretRef])
      const known = remembered.get(key)
      if (known && now() < known.untilMs) return known.configuration
      const configuration = discover(provider, secretsDir)
      remember(key, configuration, rememberMs)
      configuration.catch(() => remember(key, configuration, rememberFailureMs))
      return configuration
    },
  }
}

async function discover(provider: IdentityProvider, secretsDir: string): Promise<oidc.Configuration> {
  const { issuer, clientId, clientSecretRef } = provider
  try {
    const secret = clientSecretRef ? await readSecret(secretsDir, clientSecretRef) : undefined
    const insecure = isLoopback(new URL(issuer)) ? [oidc.allowInsecureRequests] : []
    const discovered = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), {
      timeout: timeoutSeconds,
      execute: insecure,
      [oidc.customFetch]: boundedFetch,
    })
    const server = discovered.serverMetadata()
    const configuration = new oidc.Configuration(server, clientId, undefined, authentication(server, secret))
    configuration.timeout = timeoutSeconds
    configuration[oidc.customFetch] = boundedFetch
    for (const allow of insecure) allow(configuration)
    // The signature too, though it came over TLS from the provider (OpenID Connect core section 3.1.3.7).
    oidc.enableNonRepudiationChecks(configuration)
    return configuration
  } catch (error) {
    throw new ProviderUnavailable(`identity provider ${provider.providerId} cannot be used`, { cause: error })
  }
}

/** OpenID Connect core section 9: Basic unless the provider takes only the other. */
function authentication(server: oidc.ServerMetadata, secret: string | undefined): oidc.ClientAuth {
  if (secret === undefined) return oidc.None()
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return methods.includes('client_secret_basic') ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret)
}

const secretName = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/

async function readSecret(secretsDir: string, ref: string): Promise<string> {
  if (!secretName.test(ref)) throw new Error(`${JSON.stringify(ref)} is no name of a secret`)
  const secret = (await readFile(join(secretsDir, ref), 'utf8')).replace(/\r?\n$/, '')
  if (secret === '') throw new Error(`the secret ${ref} is empty`)
  return secret
}

function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
}
