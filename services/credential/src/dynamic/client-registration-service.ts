import * as rpc from '@gatehouse/contracts/credential/v1/client_registration_service'
import type { Facts, Refusal } from '@gatehouse/contracts/token/v1/token_service'
import { type BoundService, type CallContext, form, grpcService, type Rules, validate } from '@gatehouse/grpc-service'
import { clientInformation } from '../domain/registration/client-information.ts'
import { metadataBytesMax } from '../domain/registration/metadata.ts'
import type { Dependencies } from '../grpc/credential-service.ts'
import { environmentId, requestId } from '../grpc/rules.ts'
import { authenticatedClient, presentedToken } from './authenticate.ts'
import { deleteClient } from './delete.ts'
import { factsOf, RegistrationRefused, refusalOf } from './refused.ts'
import { registerClient } from './register.ts'
import { replaceClient } from './replace.ts'

const gateway = ['gateway'] as const

/** gatehouse.credential.v1.ClientRegistrationService. */
export function clientRegistrationService(dependencies: Dependencies): BoundService {
  return grpcService({
    definition: rpc.ClientRegistrationServiceService,
    handlers: {
      async registerDynamicClient(request: rpc.RegisterDynamicClientRequest, context: CallContext) {
        validate(rules.register, request)
        return answered(() => registerClient(dependencies, request, context))
      },
      async getDynamicClient(request: rpc.GetDynamicClientRequest) {
        validate(rules.get, request)
        return answered(() => shownClient(dependencies, request))
      },
      async replaceDynamicClient(request: rpc.ReplaceDynamicClientRequest, context: CallContext) {
        validate(rules.replace, request)
        return answered(() => replaceClient(dependencies, request, context))
      },
      async deleteDynamicClient(request: rpc.DeleteDynamicClientRequest, context: CallContext) {
        validate(rules.delete, request)
        const { result, ...answer } = await answered(async () => ({
          ...(await deleteClient(dependencies, request, context)),
          ...{ body: '', credentialId: '' },
        }))
        return { ...answer, refusal: result.$case === 'refusal' ? result.value : undefined }
      },
    },
    roles: {
      registerDynamicClient: gateway,
      getDynamicClient: gateway,
      replaceDynamicClient: gateway,
      deleteDynamicClient: gateway,
    },
  })
}

/** RFC 7592 section 2.1. */
async function shownClient({ read }: Dependencies, request: rpc.GetDynamicClientRequest) {
  const token = presentedToken(request.authorization, request.environmentId)
  const client = await authenticatedClient(read, request, token)
  const body = clientInformation(client, request.registrationEndpoint, { registrationAccessToken: token.text })
  return { body, position: 0n, clientId: client.clientId, credentialId: '' }
}

interface Done {
  readonly body: string
  readonly position: bigint
  readonly clientId: string
  readonly credentialId: string
}

type Result =
  | { readonly $case: 'body'; readonly value: string }
  | { readonly $case: 'refusal'; readonly value: Refusal }

/** What was done, or what the protocol refuses; everything else stays an error. */
async function answered(
  work: () => Promise<Done>,
): Promise<{ readonly result: Result; readonly facts: Facts; readonly position: bigint }> {
  try {
    const { body, position, clientId, credentialId } = await work()
    return { result: { $case: 'body', value: body }, facts: factsOf('ok', { clientId, credentialId }), position }
  } catch (error) {
    if (!(error instanceof RegistrationRefused)) throw error
    return { result: { $case: 'refusal', value: refusalOf(error) }, facts: factsOf(error.reason, {}), position: 0n }
  }
}

/** What a client sent may be anything: it is refused as the protocol refuses it. */
const anything = () => undefined
const registrationEndpoint = form(/^https?:\/\/[!-~]{1,2048}$/, 'must be the URL where clients are registered')
// One byte more is told apart from what was cut.
const metadata = (value: Uint8Array) => (value.length <= metadataBytesMax + 1 ? undefined : 'must be at most 64 KiB')

const sent = { environmentId, authorization: anything }
const rules = {
  register: { ...sent, requestId, metadata, registrationEndpoint } satisfies Rules<rpc.RegisterDynamicClientRequest>,
  get: { ...sent, clientId: anything, registrationEndpoint } satisfies Rules<rpc.GetDynamicClientRequest>,
  replace: {
    ...{ ...sent, requestId, metadata, registrationEndpoint },
    clientId: anything,
  } satisfies Rules<rpc.ReplaceDynamicClientRequest>,
  delete: { ...sent, requestId, clientId: anything } satisfies Rules<rpc.DeleteDynamicClientRequest>,
}
