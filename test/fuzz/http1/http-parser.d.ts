/** Node's own parser, as its http module uses it. Callbacks are set under the numbers. */
declare module 'node:_http_common' {
  export class HTTPParser {
    static readonly REQUEST: number
    static readonly kOnHeaders: number
    static readonly kOnHeadersComplete: number
    static readonly kOnBody: number
    static readonly kOnMessageComplete: number;
    [callback: number]: (...args: never[]) => unknown
    initialize(type: number, resource: object, headBytesMax: number, leniency: number): void
    /** @returns bytes read, or what was wrong */
    execute(bytes: Buffer): number | Error
    finish(): undefined | Error
    free(): void
  }
}
