import { EventLogServiceService } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { PolicyServiceService } from '@gatehouse/contracts/policy/v1/policy_service'
import { eventLogService } from '@gatehouse/event-store'
import { type BoundService, grpcService } from '@gatehouse/grpc-service'
import type { Resources } from '../read/resources.ts'
import type { PolicyStore } from '../store/policy-store.ts'
import { apiMethods } from './api-methods.ts'
import { environmentMethods } from './environment-methods.ts'
import { planMethods } from './plan-methods.ts'

export interface Dependencies {
  readonly store: PolicyStore
  readonly read: Resources
}

const operators = ['console'] as const

/** gatehouse.policy.v1.PolicyService. */
export function policyService(dependencies: Dependencies): BoundService {
  return grpcService({
    definition: PolicyServiceService,
    handlers: {
      ...environmentMethods(dependencies),
      ...apiMethods(dependencies),
      ...planMethods(dependencies),
    },
    roles: {
      putEnvironment: operators,
      getEnvironment: operators,
      listEnvironments: operators,
      putApi: operators,
      importOpenApi: operators,
      retireApi: operators,
      getApi: operators,
      listApis: operators,
      putPlan: operators,
      getPlan: operators,
      listPlans: operators,
    },
  })
}

/** Who may read the log: those who follow it. */
export function policyLogService({ store }: Dependencies): BoundService {
  const readers = ['gateway', 'token', 'console']
  return grpcService({
    definition: EventLogServiceService,
    handlers: eventLogService(store),
    roles: { readEvents: readers, getHead: readers },
  })
}
