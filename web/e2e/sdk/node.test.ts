import { afterAll, beforeAll, expect, test } from 'vitest'
import { Analytics } from '@segment/analytics-node'
import { Secant } from '../support/secant.ts'

let secant: Secant

beforeAll(async () => {
  secant = await Secant.start({ config: 'sources:\n  - {id: api, name: API, type: node, writeKeys: [wk_node]}\n' })
})
afterAll(() => secant?.stop())

test('@segment/analytics-node sends every call when only its host is changed', async () => {
  const analytics = new Analytics({ writeKey: 'wk_node', host: secant.url, flushAt: 3, flushInterval: 100 })
  const failures: unknown[] = []
  analytics.on('error', (error) => failures.push(error))
  const timestamp = new Date('2026-08-01T10:00:00.123Z')
  analytics.identify({ userId: 'u1', traits: { email: 'ada@example.com' }, messageId: 'node-identify' })
  analytics.track({ userId: 'u1', event: 'Signed Up', properties: { plan: 'gold' }, timestamp, messageId: 'node-track' })
  analytics.page({ anonymousId: 'a1', name: 'Home', messageId: 'node-page' })
  analytics.screen({ anonymousId: 'a1', name: 'Start', messageId: 'node-screen' })
  analytics.group({ userId: 'u1', groupId: 'g1', messageId: 'node-group' })
  analytics.alias({ userId: 'u1', previousId: 'a1', messageId: 'node-alias' })
  await analytics.closeAndFlush({ timeout: 10_000 })
  expect(failures).toEqual([])
  for (const type of ['identify', 'track', 'page', 'screen', 'group', 'alias']) {
    const { event, reason } = await secant.event('api', `the ${type} call`, (e) => e.messageId === `node-${type}`)
    expect(event).toMatchObject({ type, projectId: 'api', version: 2, context: { library: { name: '@segment/analytics-node' } } })
    expect(event).not.toHaveProperty('writeKey')
    expect(reason).toBe('')
    if (type === 'track') expect(event).toMatchObject({ event: 'Signed Up', originalTimestamp: timestamp.toISOString(), properties: { plan: 'gold' } })
  }
})

test('@segment/analytics-node resends what a stopped server did not take, once', async () => {
  const analytics = new Analytics({ writeKey: 'wk_node', host: secant.url, flushAt: 1, maxRetries: 20 })
  await secant.down('SIGKILL')
  analytics.track({ userId: 'u2', event: 'While Down', messageId: 'node-down' })
  await new Promise((done) => setTimeout(done, 300))
  await secant.up()
  await analytics.closeAndFlush({ timeout: 30_000 })
  await secant.event('api', 'the event sent while down', (e) => e.messageId === 'node-down')
  expect((await secant.events('api')).filter((e) => e.messageId === 'node-down')).toHaveLength(1)
})
