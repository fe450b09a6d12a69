// What a gRPC service has to do at the least: grpc-js itself, on the same mutual TLS, with one answer for all.
import { readFileSync } from 'node:fs'
import { CheckResponse, DecisionServiceService, Outcome } from '@gatehouse/contracts/policy/v1/decision_service'
import { Server, ServerCredentials } from '@grpc/grpc-js'

const [port, caFile = '', certFile = '', keyFile = ''] = process.argv.slice(2)
const [ca, cert_chain, private_key] = [caFile, certFile, keyFile].map((file) => readFileSync(file))
if (!ca || !cert_chain || !private_key) throw new Error('usage: bare-check.ts PORT CA CERTIFICATE KEY')
const answer = CheckResponse.fromPartial({
  outcome: Outcome.OUTCOME_ALLOW,
  reason: 'ok',
  decisionId: 'bench.1.123456',
  clientId: '0190b0a0-0000-7000-8000-000000000000',
  subscriptionId: '0190b0a0-0000-7000-8000-000000000001',
  operationId: 'list-items',
})

const server = new Server()
server.addService(DecisionServiceService, {
  check: (_: unknown, reply: (error: null, is: CheckResponse) => void) => reply(null, answer),
})
const credentials = ServerCredentials.createSsl(ca, [{ cert_chain, private_key }], true)
server.bindAsync(`127.0.0.1:${port}`, credentials, (error) => {
  if (error) throw error
})
