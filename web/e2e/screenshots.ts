import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import type { Browser } from 'playwright-core'
import { openBrowser } from './support/browser.ts'
import { Sink } from './support/http.ts'
import { Secant } from './support/secant.ts'
import { goShopping } from './support/shop.ts'

// Pictures of every page, for people to look at: wide and narrow, light and dark.
const folder = resolve(process.env.SECANT_SCREENSHOTS ?? 'screenshots')
let secant: Secant
let sink: Sink
let browser: Browser

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  secant = await Secant.start({ args: ['--demo'] })
  sink = await Sink.start()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await sink?.stop()
  await secant?.stop()
})

test('pictures', async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
  const page = await context.newPage()
  const shoot = async (name: string) => {
    for (const [width, height] of [[1440, 900], [390, 844]] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height })
        await page.emulateMedia({ colorScheme })
        await page.waitForTimeout(300)
        await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` })
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.emulateMedia({ colorScheme: 'light' })
  }
  await page.goto(await secant.setupLink())
  await page.getByLabel('E-mail').waitFor()
  await shoot('setup')
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await page.getByRole('button', { name: /Create owner/ }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
  await shoot('home-new')

  await secant.api('POST', '/api/sources', { name: 'My site', metadataId: 'javascript' })
  const { destination } = await secant.api('POST', '/api/destinations', { name: 'Warehouse hook', sourceId: 'demo-shop', metadataId: 'webhook', settings: { url: sink.url }, enabled: true })
  for (let i = 0; i < 3; i++) {
    const visitor = await browser.newContext()
    await goShopping(await visitor.newPage(), secant.url)
    await visitor.close()
  }
  await fetch(`${secant.url}/v1/track`, { method: 'POST', headers: { Authorization: `Basic ${btoa('wk_demo_shop:')}` }, body: '{"userId":"u"}' })
  await page.waitForTimeout(2500)

  for (const [name, path] of [
    ['home', '/'],
    ['sources', '/sources'],
    ['source-new', '/sources/new'],
    ['source-connect', '/sources/my-site/connect'],
    ['debugger', '/sources/demo-shop/debugger'],
    ['source-settings', '/sources/demo-shop/settings'],
    ['destinations', '/destinations'],
    ['destination-new', '/destinations/new/webhook'],
    ['destination', `/destinations/${destination.id}`],
    ['destination-settings', `/destinations/${destination.id}/settings`],
    ['team', '/team'],
    ['tokens', '/tokens'],
    ['audit', '/audit'],
    ['shop', '/demo/'],
  ] as const) {
    await page.goto(secant.url + path)
    await page.locator('h1').first().waitFor()
    await shoot(name)
    if (name === 'debugger') {
      await page.getByRole('listbox', { name: /Events/ }).getByRole('option').nth(3).click()
      await shoot('debugger-event')
    }
  }
})
