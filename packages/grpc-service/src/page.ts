import { invalidArgument } from '@gatehouse/errors'

export interface PageRequest {
  readonly pageSize: number
  readonly pageToken: string
}

export const pageSizeMax = 1000
const pageSizeDefault = 100

/** Where a page starts, after which id, and how many it holds. @throws INVALID_ARGUMENT for a token of another kind */
export function pageOf({ pageSize, pageToken }: PageRequest): { readonly after: string; readonly size: number } {
  const after = Buffer.from(pageToken, 'base64url').toString()
  const canonical = Buffer.from(after).toString('base64url') === pageToken
  if (!canonical || !/^[a-z0-9_-]{0,64}$/.test(after)) {
    throw invalidArgument([{ field: 'page_token', description: 'must be a next_page_token of this list' }])
  }
  return { after, size: pageSize || pageSizeDefault }
}

/** Cuts the one row that was read too many, which shows that there is a next page. */
export function cutPage<Row>(rows: readonly Row[], size: number, id: (row: Row) => string) {
  const page = rows.slice(0, size)
  const last = page.at(-1)
  const more = rows.length > size && last !== undefined
  return { page, nextPageToken: more ? Buffer.from(id(last)).toString('base64url') : '' }
}
