import type { PeerCertificate } from 'node:tls'
import { GatehouseError } from '@gatehouse/errors'
import type { Server, ServerUnaryCall, UntypedHandleCall } from '@grpc/grpc-js'
import { serviceOf } from './caller.ts'
import { toServiceError } from './error-status.ts'
import type { Logger } from './logger.ts'

/** The part of a server call that says who calls what. */
export type PeerCall = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext' | 'getPath'>

/** The caller of a call, when its certificate is one of ours and the method lists it; otherwise the call is refused. */
export function authorize(call: PeerCall, roles: readonly string[]): string {
  const caller = authenticate(call)
  if (!roles.includes(caller)) throw notAllowed(`${caller} may not call ${call.getPath()}`)
  return caller
}

function authenticate(call: PeerCall): string {
  const certificate = call.getAuthContext().sslPeerCertificate
  if (!certificate) {
    throw new GatehouseError('UNAUTHENTICATED', {
      reason: 'CLIENT_CERTIFICATE_REQUIRED',
      message: 'a client certificate that this service trusts is required',
    })
  }
  const caller = callerOf(certificate)
  if (caller === undefined) throw notAllowed('the client certificate names no service')
  return caller
}

const callers = new WeakMap<PeerCertificate, string | undefined>()

/** Read once for each connection, which has one certificate. */
function callerOf(certificate: PeerCertificate): string | undefined {
  if (!callers.has(certificate)) callers.set(certificate, serviceOf(certificate))
  return callers.get(certificate)
}

function notAllowed(message: string): GatehouseError {
  return new GatehouseError('PERMISSION_DENIED', { reason: 'CALLER_NOT_ALLOWED', message })
}

/** Lets libraries add services (health, reflection) whose every method asks for the certificate of any service. */
export function certificateRequired(server: Server, logger: Logger): Pick<Server, 'addService'> {
  return {
    addService(definition, handlers) {
      const entries = Object.entries(handlers).map(([name, handler]) => [name, guard(handler, logger)] as const)
      server.addService(definition, Object.fromEntries(entries))
    },
  }
}

function guard(handler: UntypedHandleCall, logger: Logger): UntypedHandleCall {
  const next: (call: never, callback: never) => void = handler
  return (call: PeerCall & { emit(event: 'error', error: Error): void }, callback?: (error: Error) => void) => {
    try {
      authenticate(call)
    } catch (error) {
      const refusal = toServiceError(error, logger)
      if (callback) callback(refusal)
      else call.emit('error', refusal)
      return
    }
    next(call as never, callback as never)
  }
}
