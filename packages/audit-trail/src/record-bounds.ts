/** Longest values kept, in UTF-16 units; what is longer is cut. RFC 1035 bounds the host. */
export const bounds = { id: 128, host: 255, ip: 64, method: 32, path: 2048, userAgent: 512, scopes: 64 } as const
