// What our tests use of oidc-provider, which brings no types.
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'

  export interface Interaction {
    readonly prompt: { readonly name: string }
    readonly params: Readonly<Record<string, unknown>>
  }

  export interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  export const errors: { readonly InvalidTarget: new () => Error }

  export default class Provider {
    constructor(issuer: string, configuration: object)
    readonly Grant: new (of: {
      readonly accountId: string
      readonly clientId: string
    }) => Grant
    callback(): RequestListener
    listen(port: number, host: string): Server
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  }
}
