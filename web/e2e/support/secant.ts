import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from './wait.ts'

export interface Options {
  /** Text of a workspace file given by --config. */
  config?: string
  /** More flags of `secant serve`. */
  args?: string[]
}

/** One row of the debugger, as the API shows it. */
export interface DebuggerEvent {
  id: string
  source: string
  type: string
  name: string
  messageId: string
  userId: string
  anonymousId: string
  reason: string
  event: Record<string, any>
}

/** A started server on a data directory of its own. */
export class Secant {
  readonly token = 'web-e2e-admin-token'
  private process: ChildProcess | undefined
  private log = ''

  private constructor(
    readonly url: string,
    private readonly dir: string,
    private readonly args: string[],
  ) {}

  /** Starts a server on a free port and waits until it is ready. */
  static async start(options: Options = {}): Promise<Secant> {
    const dir = mkdtempSync(join(tmpdir(), 'secant-e2e-'))
    const port = await freePort()
    const args = ['serve', '--data', join(dir, 'data'), '--listen', `127.0.0.1:${port}`, '--egress-allow', '127.0.0.0/8']
    if (options.config !== undefined) {
      const file = join(dir, 'workspace.yaml')
      writeFileSync(file, options.config)
      args.push('--config', file)
    }
    const server = new Secant(`http://127.0.0.1:${port}`, dir, [...args, ...(options.args ?? [])])
    await server.up()
    return server
  }

  /** Starts the process again after down. */
  async up(): Promise<void> {
    const binary = process.env.SECANT_BIN
    if (!binary) throw new Error('SECANT_BIN is not set: the global setup did not run')
    const child = spawn(binary, this.args, { env: { ...process.env, SECANT_ADMIN_TOKEN: this.token }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.process = child
    child.stdout.on('data', (text) => (this.log += text))
    child.stderr.on('data', (text) => (this.log += text))
    await waitFor('secant to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`secant ended:\n${this.log}`)
      return (await fetch(`${this.url}/readyz`)).ok
    }).catch((error) => {
      throw new Error(`${error}\n${this.log}`)
    })
  }

  /** Ends the process; its data stays. */
  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    const hard = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(hard)
  }

  /** Ends the process and removes its data. */
  async stop(): Promise<void> {
    await this.down()
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** What the process printed, over all its starts. */
  get logs(): string {
    return this.log
  }

  /** The one-time link that the first start prints. */
  async setupLink(): Promise<string> {
    return waitFor('the set-up link', () => this.log.match(/https?:\/\/\S+\/setup[?#]token=[\w-]+/)?.[0])
  }

  /** Calls the management API and returns the answer's data. */
  async api<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (JSON.parse(text) as { data: T }).data
  }

  /** The debugger's events of a source, the newest first. */
  async events(source: string): Promise<DebuggerEvent[]> {
    return (await this.api<{ events: DebuggerEvent[] }>('GET', `/api/events?source=${source}&limit=500`)).events
  }

  /** Waits for an event of the source that matches, and returns it. */
  async event(source: string, what: string, match: (event: DebuggerEvent) => boolean, limit?: number): Promise<DebuggerEvent> {
    return waitFor(`${what} to reach ${source}`, async () => (await this.events(source)).find(match), limit)
  }
}

// Below the range of outgoing connections, so that nobody sits on the port
// while a server is down.
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    const free = await new Promise<boolean>((done) => {
      const probe = createServer()
      probe.once('error', () => done(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)))
    })
    if (free) return port
  }
  throw new Error('no free port between 10000 and 32000')
}
