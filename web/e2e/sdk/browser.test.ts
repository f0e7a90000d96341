import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openBrowser, watched, type Watch } from '../support/browser.ts'
import { Site } from '../support/http.ts'
import { Secant, type DebuggerEvent } from '../support/secant.ts'
import { snippet } from '../support/snippet.ts'
import { waitFor } from '../support/wait.ts'

// A shop on an origin of its own, over plain http, with nothing but the
// snippet in its head: the newest official browser library, our host.
let secant: Secant
let shop: Site
let browser: Browser
let context: BrowserContext
let watch: Watch
let page: Page

const config = `sources:
  - {id: std, name: Standard, type: javascript, writeKeys: [wk_std]}
  - {id: bat, name: Batching, type: javascript, writeKeys: [wk_bat]}
`

beforeAll(async () => {
  secant = await Secant.start({ config })
  shop = await Site.start((request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop')
    if (url.pathname === '/favicon.ico') {
      response.writeHead(204).end()
      return
    }
    const batching = { integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 3, timeout: 400 } } } } }
    const head = url.pathname === '/batching' ? snippet(secant.url, 'wk_bat', batching) : snippet(secant.url, 'wk_std')
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><title>Shop</title>${head}<h1>Shop</h1><a id="out" href="/bye">bye</a>
      <form id="form" action="/thanks"><button>Send</button></form>`)
  })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
  await secant?.stop()
})

beforeEach(async () => {
  ;({ context, watch } = await watched(browser, [secant.url, shop.url]))
  page = await context.newPage()
})
afterEach(async () => {
  await context.close()
  expect(watch.strangers, 'requests to other hosts').toEqual([])
  expect(watch.complaints).toEqual([])
})

declare const analytics: any

async function open(path: string): Promise<void> {
  await page.goto(shop.url + path)
  await page.evaluate(() => new Promise<void>((done) => analytics.ready(done)))
}

function arrives(what: string, match: (event: DebuggerEvent) => boolean, source = 'std'): Promise<DebuggerEvent> {
  return secant.event(source, what, match)
}

describe('the snippet', () => {
  test('loads the library from us and sends the page view', async () => {
    await open('/welcome?utm_source=mail&utm_campaign=spring')
    const { event, reason } = await arrives('the page view', (e) => e.type === 'page' && e.event.context.page.path === '/welcome')
    expect(reason).toBe('')
    expect(event).toMatchObject({
      type: 'page',
      projectId: 'std',
      properties: { path: '/welcome', title: 'Shop', url: `${shop.url}/welcome?utm_source=mail&utm_campaign=spring` },
      context: { campaign: { source: 'mail', name: 'spring' }, ip: '127.0.0.1', library: { name: 'analytics.js' } },
    })
    expect(event.context.userAgent).toContain('Chrome')
    expect(await page.evaluate(() => analytics.VERSION)).toMatch(/^1\.84\./)
  })

  test('sends every call', async () => {
    await open('/calls')
    await page.evaluate(async () => {
      await analytics.alias('u1', 'u0') // before identify: afterwards the library puts the known user in
      await analytics.identify('u1', { email: 'ada@example.com' })
      await analytics.track('Order Completed', { revenue: 19.99 })
      await analytics.group('g1', { name: 'Analytical Engines' })
      await analytics.screen('Checkout')
    })
    const anonymousId = await page.evaluate(() => analytics.user().anonymousId())
    const mine = (type: string) => (e: DebuggerEvent) => e.type === type && e.anonymousId === anonymousId
    expect((await arrives('identify', mine('identify'))).event).toMatchObject({ userId: 'u1', traits: { email: 'ada@example.com' } })
    expect((await arrives('track', mine('track'))).event).toMatchObject({ event: 'Order Completed', userId: 'u1', properties: { revenue: 19.99 } })
    expect((await arrives('group', mine('group'))).event).toMatchObject({ groupId: 'g1', traits: { name: 'Analytical Engines' } })
    expect((await arrives('screen', mine('screen'))).event).toMatchObject({ name: 'Checkout' })
    expect((await arrives('alias', mine('alias'))).event).toMatchObject({ userId: 'u1', previousId: 'u0' })
  })

  test('starts a new visitor after reset', async () => {
    await open('/reset')
    const before = await page.evaluate(async () => {
      await analytics.identify('u2')
      return analytics.user().anonymousId() as string
    })
    const after = await page.evaluate(async () => {
      await analytics.reset()
      await analytics.track('After Reset')
      return analytics.user().anonymousId() as string
    })
    expect(after).not.toBe(before)
    const { event } = await arrives('the event after reset', (e) => e.name === 'After Reset')
    expect(event.anonymousId).toBe(after)
    expect(event.userId ?? null).toBeNull()
  })

  test('keeps what happens offline and sends it when online again', async () => {
    await open('/offline')
    await context.setOffline(true)
    await page.evaluate(() => {
      analytics.track('While Offline', { n: 1 })
      analytics.track('While Offline', { n: 2 })
    })
    await page.waitForTimeout(500)
    await context.setOffline(false)
    const names = await waitFor('both events', async () => {
      const found = (await secant.events('std')).filter((e) => e.name === 'While Offline')
      return found.length >= 2 && found
    }, 40_000)
    expect(names.map((e) => e.event.properties.n).sort()).toEqual([1, 2])
    // The library says what it could not send; that is not our complaint.
    watch.complaints.splice(0, watch.complaints.length, ...watch.complaints.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED')))
  })

  test('loads its lazy parts from us: link and form tracking, the query string', async () => {
    await open('/lazy?ajs_uid=u3&ajs_event=From%20Link&ajs_prop_campaign=spring')
    expect((await arrives('the event of the query string', (e) => e.name === 'From Link')).event).toMatchObject({ userId: 'u3', properties: { campaign: 'spring' } })
    await page.evaluate(async () => {
      await analytics.trackLink(document.querySelector('#out'), 'Left', { to: 'bye' })
      await analytics.trackForm(document.querySelector('#form'), 'Sent Form')
    })
    await page.click('#out')
    await page.waitForURL('**/bye')
    await arrives('the click', (e) => e.name === 'Left')
    const chunks = watch.requests.filter((line) => line.includes('/analytics-next/bundles/'))
    expect(chunks.length).toBeGreaterThan(0)
    expect(chunks.every((line) => line.startsWith(`GET ${secant.url}/`))).toBe(true)
  })
})

describe('batching', () => {
  test('sends several events in one request', async () => {
    await open('/batching')
    const names = ['One', 'Two', 'Three', 'Four']
    await page.evaluate((names) => {
      for (const name of names) analytics.track(name)
    }, names)
    for (const name of names) await arrives(name, (e) => e.name === name, 'bat')
    const posts = watch.requests.filter((line) => line.startsWith('POST') && line.includes('/v1/'))
    expect(posts.length).toBeGreaterThan(0)
    expect(posts.every((line) => line === `POST ${secant.url}/v1/b`)).toBe(true)
    expect(posts.length).toBeLessThan(5)
  })

  test('sends what is left when the page goes', async () => {
    await open('/batching')
    await page.evaluate(() => analytics.track('Last Words'))
    await page.goto('about:blank')
    await arrives('the last event', (e) => e.name === 'Last Words', 'bat')
  })
})

test('an npm install of the library works with cdnURL and apiHost alone', async () => {
  await open('/npm')
  const settings = await page.evaluate(async (url) => (await fetch(`${url}/v1/projects/wk_std/settings`)).json(), secant.url)
  expect(settings.integrations['Segment.io']).toMatchObject({ apiKey: 'wk_std', apiHost: `${new URL(secant.url).host}/v1` })
  expect(JSON.stringify(settings)).not.toContain('null')
})
