/** Each is a folder below `services/`, a bundle and an image. */
export const services = ['credential', 'policy', 'token', 'audit', 'gateway', 'console'] as const
