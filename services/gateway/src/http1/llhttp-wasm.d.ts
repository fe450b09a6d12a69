/** undici ships the parser as bytes in a module without types. */
declare module 'undici/lib/llhttp/llhttp_simd-wasm.js' {
  const wasm: Buffer<ArrayBuffer>
  export default wasm
}

/** The part in use of what the DOM library declares. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, (...args: number[]) => number>>)
    readonly exports: object
  }
}
