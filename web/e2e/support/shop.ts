import type { Page } from 'playwright-core'

/** Visits the demo shop as a customer does: looks around, buys a lamp, signs up, leaves. */
export async function goShopping(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/demo/`)
  await page.click('#nav-lighting')
  await page.locator('.card-link').first().click()
  await page.click('#add-to-cart')
  await page.click('#nav-account')
  await page.fill('#signup-name', 'Ada')
  await page.fill('#signup-email', 'ada@example.com')
  await page.selectOption('#signup-plan', 'circle')
  await page.click('#sign-up')
  await page.click('#nav-cart')
  await page.click('#start-checkout')
  await page.fill('input[name=address]', '12 Ockham Park')
  await page.click('#place-order')
  await page.waitForSelector('#order-id')
}
