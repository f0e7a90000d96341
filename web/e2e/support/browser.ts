import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'

/** Starts Chromium: the one SECANT_CHROMIUM names, or the system's. */
export async function openBrowser(): Promise<Browser> {
  const found = [process.env.SECANT_CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path !== '' && existsSync(path),
  )
  if (!found) throw new Error('no Chromium found: install it, or set SECANT_CHROMIUM to its path')
  return chromium.launch({
    executablePath: found,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** What a page did that it must not do, collected while it is used. */
export class Watch {
  /** Requests to origins that are not allowed. */
  readonly strangers: string[] = []
  /** Violations of a content security policy, uncaught errors, and errors on the console. */
  readonly complaints: string[] = []
  /** All requests, as "METHOD url". */
  readonly requests: string[] = []

  constructor(private readonly allowed: string[]) {}

  /** Watches every page of the context, those opened later included. */
  async attach(context: BrowserContext): Promise<void> {
    await context.exposeBinding('__violation', (_, text: string) => {
      this.complaints.push(`content security policy: ${text}`)
    })
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const report = (window as unknown as { __violation: (text: string) => void }).__violation
        report(`${event.violatedDirective} blocked ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`)
      })
    })
    context.on('request', (request) => {
      this.requests.push(`${request.method()} ${request.url()}`)
      const url = new URL(request.url())
      if (url.protocol.startsWith('http') && !this.allowed.includes(url.origin)) this.strangers.push(request.url())
    })
    context.on('page', (page) => this.listen(page))
  }

  private listen(page: Page): void {
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`console: ${message.text()} (${message.location().url})`)
    })
  }
}

/** Opens a context whose pages are watched; origins are those they may talk to. */
export async function watched(browser: Browser, origins: string[], options?: BrowserContextOptions): Promise<{ context: BrowserContext; watch: Watch }> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(15_000)
  const watch = new Watch(origins)
  await watch.attach(context)
  return { context, watch }
}
