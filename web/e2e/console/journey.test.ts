import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openBrowser, watched, type Watch } from '../support/browser.ts'
import { Sink, Site } from '../support/http.ts'
import { Secant } from '../support/secant.ts'
import { goShopping } from '../support/shop.ts'
import { waitFor } from '../support/wait.ts'

// One person's first hour, from the printed link to the switched-off webhook.
// The steps build on each other, as they do for that person.
let secant: Secant
let browser: Browser
let context: BrowserContext
let watch: Watch
let page: Page
let sink: Sink

const password = 'correct horse battery'

beforeAll(async () => {
  secant = await Secant.start({ args: ['--demo'] })
  sink = await Sink.start()
  browser = await openBrowser()
  ;({ context, watch } = await watched(browser, [secant.url], { viewport: { width: 1440, height: 900 } }))
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: secant.url })
  page = await context.newPage()
})
afterAll(async () => {
  await browser?.close()
  await sink?.stop()
  await secant?.stop()
})

/** Errors that the page showed or logged since the last call. */
function complaints(): string[] {
  return [...watch.strangers.splice(0), ...watch.complaints.splice(0)]
}

test('the printed link lets choose a password, and leads to the demo source', async () => {
  await page.goto(await secant.setupLink())
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: /Create owner/ }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
  await page.getByRole('link', { name: /Demo shop/ }).first().waitFor()
  // The console asks who is there before anybody is: that 401 is its answer.
  expect(complaints().filter((text) => !text.includes('401'))).toEqual([])
})

test('events of the demo shop appear live in the debugger', async () => {
  await page.goto(`${secant.url}/sources/demo-shop/debugger`)
  await page.getByText('Waiting for events').waitFor()
  const visit = await context.newPage()
  await goShopping(visit, secant.url)
  await visit.close()
  const list = page.getByRole('listbox', { name: /Events/ })
  await list.getByText('Order Completed').waitFor()
  expect(complaints()).toEqual([])
})

test('the debugger searches, filters, pauses and shows both views', async () => {
  const list = page.getByRole('listbox', { name: /Events/ })
  await page.getByLabel('Search in the raw payload').fill('Ockham nowhere')
  await page.getByText('No event fits').waitFor()
  await page.getByLabel('Search in the raw payload').fill('ada@example.com')
  await list.getByText('identify').first().waitFor()
  expect(await list.getByRole('option').count()).toBeLessThan(4)
  await page.getByLabel('Search in the raw payload').fill('')
  await page.getByLabel('Type', { exact: true }).selectOption('track')
  await waitFor('only track calls', async () => (await list.getByText('page', { exact: true }).count()) === 0)
  await page.getByLabel('Name', { exact: true }).selectOption('Order Completed')
  await waitFor('one event', async () => (await list.getByRole('option').count()) === 1)
  await list.getByRole('option').first().click()
  await page.getByText('analytics.track("Order Completed"').waitFor()
  await page.getByText('Raw', { exact: true }).click()
  await page.getByText('originalTimestamp').first().waitFor()
  await page.goto(`${secant.url}/sources/demo-shop/debugger`)

  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await send('wk_demo_shop', 'While Paused')
  await page.getByRole('button', { name: /Resume · 1 new/ }).waitFor()
  expect(await list.getByText('While Paused').count()).toBe(0)
  await page.getByRole('button', { name: /Resume/ }).click()
  await list.getByText('While Paused').waitFor()

  await fetch(`${secant.url}/v1/track`, { method: 'POST', headers: basic('wk_demo_shop'), body: '{"userId":"u"}' })
  await list.getByText('event_not_defined').waitFor()
  expect(complaints()).toEqual([])
})

test('a new source waits for its first event, whose code is copied with one click', async () => {
  await page.goto(`${secant.url}/sources/new`)
  await page.getByLabel('Name').fill('My site')
  await page.getByRole('button', { name: 'Create source' }).click()
  await page.getByText('Waiting for the first event').waitFor()
  await page.getByRole('button', { name: 'Copy Paste this into the <head> of every page' }).click()
  const tag = await page.evaluate(() => navigator.clipboard.readText())
  expect(tag).toContain(`${secant.url}/analytics.js/v1/`)

  const site = await Site.start((request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end(request.url === '/' ? `<!doctype html><title>Mine</title><head>${tag}</head><h1>Mine</h1>` : '')
  })
  const visitor = await watched(browser, [secant.url, site.url])
  await (await visitor.context.newPage()).goto(site.url)
  await page.getByText('Events arrive').waitFor()
  await visitor.context.close()
  await site.stop()
  expect(visitor.watch.strangers).toEqual([])
  expect(complaints()).toEqual([])
})

test('code is there for every language, with address and key filled in', async () => {
  const { sources } = await secant.api('GET', '/api/sources')
  const source = sources.find((s: { name: string }) => s.name === 'My site')
  await page.goto(`${secant.url}/sources/${source.id}/connect`)
  const languages = page.getByRole('navigation', { name: 'Language' }).getByRole('button')
  await languages.first().waitFor()
  expect(await languages.count()).toBeGreaterThanOrEqual(6)
  const host = new URL(secant.url).host
  for (const button of await languages.all()) {
    await button.click()
    const text = await page.locator('main').innerText()
    expect(text, await button.innerText()).toContain(source.writeKeys[0])
    expect(text, await button.innerText()).toContain(host)
  }
  expect(complaints()).toEqual([])
})

test('a webhook is added, tried, switched off and on, and counts what it did', async () => {
  await page.goto(`${secant.url}/destinations/new/webhook?source=demo-shop`)
  await page.getByLabel('Name').first().fill('Our hook')
  await page.getByLabel('Address 1').fill(sink.url)
  await page.getByRole('button', { name: 'Send test event' }).click()
  await page.getByText('The destination took the test event').waitFor()
  await page.getByRole('region', { name: 'Request' }).getByText(sink.url).waitFor()
  await page.getByRole('region', { name: 'Response' }).getByText('sink says 200').waitFor()
  sink.status = 401
  await page.getByRole('button', { name: 'Send test event' }).click()
  await page.getByText('The test event was not delivered').waitFor()
  sink.status = 200
  await page.getByRole('button', { name: 'Add destination' }).click()
  await page.getByText('Delivered, 24 h').waitFor()

  await send('wk_demo_shop', 'Switched On')
  await waitFor('the delivery', () => sink.events.some((e) => e.event === 'Switched On'))
  await waitFor('the count', async () => /Delivered, 24 h\s*1\b/.test(await page.locator('main').innerText()))

  await page.getByRole('switch', { name: 'On' }).press('Space')
  await page.getByText('Switched off').waitFor()
  await send('wk_demo_shop', 'Switched Off')
  await secant.event('demo-shop', 'the event', (e) => e.name === 'Switched Off')
  await page.getByRole('switch', { name: 'Off' }).press('Space')
  await page.getByText('Delivering').waitFor()
  await send('wk_demo_shop', 'Switched On Again')
  await waitFor('the delivery', () => sink.events.some((e) => e.event === 'Switched On Again'))
  expect(sink.events.some((e) => e.event === 'Switched Off')).toBe(false)
  expect(complaints()).toEqual([])
})

test('a wrong address is named at its field', async () => {
  await page.goto(`${secant.url}/destinations/new/webhook?source=demo-shop`)
  await page.getByLabel('Address 1').fill('ftp://example.com/hook')
  await page.getByRole('button', { name: 'Add destination' }).click()
  await page.getByText(/http:\/\/|https:\/\//).first().waitFor()
  expect(page.url()).toContain('/destinations/new/webhook')
  expect(complaints().filter((text) => !text.includes('422'))).toEqual([])
})

test('every page opens without a complaint, in dark too', async () => {
  const { destinations } = await secant.api('GET', '/api/destinations')
  const hook = destinations[0].id
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    for (const path of ['/', '/sources', '/sources/new', '/sources/demo-shop/connect', '/sources/demo-shop/debugger', '/sources/demo-shop/settings', '/destinations', '/destinations/new', `/destinations/${hook}`, `/destinations/${hook}/failed`, `/destinations/${hook}/settings`, '/team', '/tokens', '/account', '/audit']) {
      await page.goto(secant.url + path)
      await page.locator('h1').first().waitFor()
      expect(complaints(), `${path}, ${scheme}`).toEqual([])
    }
    await page.goto(`${secant.url}/nowhere`)
    await page.getByText('There is nothing at this address').waitFor()
    expect(complaints(), `/nowhere, ${scheme}`).toEqual([])
  }
})

test('who signs out has to sign in again; a wrong password says nothing else', async () => {
  await page.goto(secant.url)
  await page.getByRole('button', { name: /Account of Ada/ }).click()
  await page.getByText('Sign out').click()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await page.goto(`${secant.url}/sources`)
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password', { exact: true }).fill('wrong password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('form').getByText(/password/i).nth(1).waitFor()
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Sources' }).waitFor()
  expect(complaints().filter((text) => !text.includes('401'))).toEqual([])
})

function basic(key: string): Record<string, string> {
  return { Authorization: `Basic ${btoa(`${key}:`)}` }
}

async function send(key: string, event: string): Promise<void> {
  const response = await fetch(`${secant.url}/v1/track`, {
    method: 'POST',
    headers: basic(key),
    body: JSON.stringify({ event, userId: 'u1', properties: { n: 1 } }),
  })
  expect(response.status).toBe(200)
}
