/**
 * What a user signs in with: 1 to 200 characters after NFC, none of control, space or format, and no `/`, which stands in
 * the names of accounts that an identity provider made (`<provider>/<subject>`).
 */
const form = /^[^\p{C}\p{Z}/]{1,200}$/u

export function isUsername(text: string): boolean {
  return form.test(text.normalize('NFC'))
}

/** By what usernames are compared and unique: two that look alike to a user in lower case are one. */
export function usernameKey(username: string): string {
  return username.normalize('NFC').toLowerCase().normalize('NFC')
}

/** The name of an account that was made at the first sign-in at a provider. */
export function providerUsername(providerId: string, providerSubject: string): string {
  return `${providerId}/${providerSubject}`
}
