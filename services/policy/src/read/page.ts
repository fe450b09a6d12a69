import { invalidArgument } from '@gatehouse/errors'

export interface PageRequest {
  readonly pageSize: number
  readonly pageToken: string
}

const pageSizeMax = 1000
const pageSizeDefault = 100

/** After which id a page starts, and how many it holds at most. @throws INVALID_ARGUMENT for what is no page */
export function pageOf({ pageSize, pageToken }: PageRequest): { readonly after: string; readonly size: number } {
  if (pageSize < 0) throw invalidArgument([{ field: 'page_size', description: 'must not be negative' }])
  const after = Buffer.from(pageToken, 'base64url').toString()
  if (nextPageToken(after) !== pageToken || !/^[a-z0-9-]{0,64}$/.test(after)) {
    throw invalidArgument([{ field: 'page_token', description: 'must be a next_page_token of this list' }])
  }
  return { after, size: Math.min(pageSize || pageSizeDefault, pageSizeMax) }
}

export function nextPageToken(lastId: string): string {
  return Buffer.from(lastId).toString('base64url')
}
