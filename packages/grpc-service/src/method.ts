/** A method as ts-proto describes it (`outputServices=grpc-js`). */
export interface Method {
  readonly path: string
  readonly requestStream: boolean
  readonly responseStream: boolean
  requestSerialize(value: never): Buffer
  requestDeserialize(value: Buffer): unknown
  responseSerialize(value: never): Buffer
  responseDeserialize(value: Buffer): unknown
}

/** The methods of a service by their camel-case name. */
export type Definition = { readonly [name: string]: Method }

export type RequestOf<M> = M extends { requestDeserialize(value: Buffer): infer Request } ? Request : never
export type ResponseOf<M> = M extends { responseDeserialize(value: Buffer): infer Response } ? Response : never
