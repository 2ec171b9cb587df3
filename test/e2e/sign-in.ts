import type { Page } from 'playwright-core'

/** The people of the provider on this machine (infra/local/identity/people.ts), by the names on its buttons. */
export type PersonName = 'Ada Admin' | 'Leo Lead' | 'Emma Engineer' | 'Vic Viewer' | 'Nora Neighbour' | 'Ned Neighbour'

/**
 * On a page that the portal has sent to the provider: signs in, and ends back in the portal. The session is the
 * browser context's, so later pages of it find somebody signed in.
 */
export const signIn = async (page: Page, who: PersonName = 'Ada Admin'): Promise<void> => {
  await page.getByRole('button', { name: who }).click()
  await page.locator('.account').waitFor()
}
