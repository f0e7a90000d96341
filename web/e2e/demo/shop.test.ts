import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'
import { openBrowser, watched } from '../support/browser.ts'
import { Secant } from '../support/secant.ts'
import { goShopping } from '../support/shop.ts'

let secant: Secant
let browser: Browser

beforeAll(async () => {
  secant = await Secant.start({ args: ['--demo'] })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await secant?.stop()
})

test('a visit to the demo shop becomes events of the e-commerce spec, of one visitor, in order', async () => {
  const { context, watch } = await watched(browser, [secant.url])
  const page = await context.newPage()
  await goShopping(page, secant.url)
  await secant.event('demo-shop', 'the order', (e) => e.name === 'Order Completed')
  const order = await page.textContent('#order-id')
  await context.close()
  expect(watch.strangers, 'requests to other hosts').toEqual([])
  expect(watch.complaints).toEqual([])

  const events = (await secant.events('demo-shop')).reverse()
  expect(events.every((e) => e.reason === '')).toBe(true)
  expect(new Set(events.map((e) => e.anonymousId)).size).toBe(1)
  const names = events.map((e) => (e.type === 'identify' ? 'identify' : e.type === 'page' ? `page ${e.name}` : e.name))
  for (const name of ['page Home', 'page Category', 'Product List Viewed', 'Product Clicked', 'page Product', 'Product Viewed', 'Product Added', 'page Account', 'identify', 'Signed Up', 'page Cart', 'Cart Viewed', 'page Checkout', 'Checkout Started', 'Order Completed', 'page Order Confirmation']) {
    expect(names).toContain(name)
  }
  const at = (name: string) => names.indexOf(name)
  expect(at('page Home')).toBeLessThan(at('Product Added'))
  expect(at('Product Added')).toBeLessThan(at('identify'))
  expect(at('identify')).toBeLessThan(at('Order Completed'))
  const completed = events.find((e) => e.name === 'Order Completed')!.event
  expect(completed).toMatchObject({ properties: { order_id: order, currency: 'USD', products: [{ quantity: 1 }] } })
  expect(completed.userId).toBe(events.find((e) => e.type === 'identify')!.event.userId)
})

test('every page of the shop can be opened by its address', async () => {
  const { context, watch } = await watched(browser, [secant.url])
  const page = await context.newPage()
  for (const [path, heading] of [
    ['/demo/', 'Things that touch'],
    ['/demo/category/furniture', 'Furniture'],
    ['/demo/cart', 'Cart'],
    ['/demo/account', 'Create account'],
    ['/demo/about', ''],
    ['/demo/nowhere', 'nothing here'],
  ] as const) {
    await page.goto(secant.url + path)
    await page.locator('main h1', { hasText: heading }).first().waitFor()
  }
  await context.close()
  expect(watch.strangers).toEqual([])
  expect(watch.complaints).toEqual([])
})
