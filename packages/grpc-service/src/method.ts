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

/** The unary methods of a service as plain functions: what a caller sees of it, over gRPC or in one process. */
export type UnaryCalls<D extends Definition> = {
  readonly [Name in keyof D as D[Name] extends { readonly requestStream: false; readonly responseStream: false }
    ? Name
    : never]: (request: RequestOf<D[Name]>) => Promise<ResponseOf<D[Name]>>
}
