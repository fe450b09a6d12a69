import type { Upcasts } from '@gatehouse/event-store'

/** How events of old versions are told in today's words. None has changed yet. */
export const upcasts: Upcasts = {}
