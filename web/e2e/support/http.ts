import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A small HTTP server of the test on a port of its own. */
export class Site {
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Site> {
    const server = createServer(handle)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return new Site(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server)
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }
}

/** One request that a Sink received. */
export interface Delivery {
  headers: IncomingMessage['headers']
  body: string
}

/** A webhook that answers with a status the test chooses and remembers what came. */
export class Sink {
  status = 200
  readonly deliveries: Delivery[] = []
  private site: Site | undefined

  static async start(): Promise<Sink> {
    const sink = new Sink()
    sink.site = await Site.start((request, response) => {
      let body = ''
      request.on('data', (text) => (body += text))
      request.on('end', () => {
        sink.deliveries.push({ headers: request.headers, body })
        response.statusCode = sink.status
        response.setHeader('Content-Type', 'text/plain')
        response.end(`sink says ${sink.status}`)
      })
    })
    return sink
  }

  get url(): string {
    return `${this.site!.url}/hook`
  }

  /** The events received, parsed. */
  get events(): Record<string, any>[] {
    return this.deliveries.map((delivery) => JSON.parse(delivery.body) as Record<string, any>)
  }

  async stop(): Promise<void> {
    await this.site!.stop()
  }
}
