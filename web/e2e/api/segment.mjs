// Drives the management API with Segment's own client for its Public API,
// unchanged but for its base path. Run it with SECANT_URL (an origin) and
// SECANT_ADMIN_TOKEN; it ends with 0 when everything went as the client's types
// promise, and leaves nothing behind.
import assert from 'node:assert/strict'
import sdk from '@segment/public-api-sdk-typescript'

const { AuditTrailApi, CatalogApi, DestinationsApi, IAMUsersApi, SourcesApi, WorkspacesApi } = sdk
const { SECANT_URL: origin, SECANT_ADMIN_TOKEN: token } = process.env
if (!origin || !token) throw new Error('set SECANT_URL and SECANT_ADMIN_TOKEN')

const connect = (Api) => {
  const api = new Api(`${origin}/api`)
  api.accessToken = token
  return api
}

/** The data of an answer, which must have been one of success. */
const data = async (call) => {
  const { response, body } = await call
  assert.ok(response.statusCode >= 200 && response.statusCode < 300)
  return body.data
}

/** Asserts that object has what the client's type says it always has. */
const has = (object, fields) => {
  for (const [name, type] of Object.entries(fields)) {
    const value = object[name]
    const actual = Array.isArray(value) ? 'array' : typeof value
    assert.equal(actual, type, `${name} is ${JSON.stringify(value)}`)
  }
}

const sourceFields = { id: 'string', slug: 'string', name: 'string', workspaceId: 'string', enabled: 'boolean', writeKeys: 'array', metadata: 'object', settings: 'object', labels: 'array' }
const sourceMetadataFields = { id: 'string', name: 'string', slug: 'string', description: 'string', logos: 'object', options: 'array', categories: 'array', isCloudEventSource: 'boolean' }
const destinationFields = { id: 'string', name: 'string', enabled: 'boolean', metadata: 'object', sourceId: 'string', settings: 'object' }
const destinationMetadataFields = {
  id: 'string', name: 'string', description: 'string', slug: 'string', logos: 'object', options: 'array', status: 'string', previousNames: 'array',
  categories: 'array', website: 'string', components: 'array', supportedFeatures: 'object', supportedMethods: 'object', supportedPlatforms: 'object',
  actions: 'array', presets: 'array',
}
const optionFields = { name: 'string', type: 'string', required: 'boolean' }
const paginationFields = { current: 'string', totalEntries: 'number' }

async function workspace() {
  const { workspace } = await data(connect(WorkspacesApi).getWorkspace())
  has(workspace, { id: 'string', slug: 'string', name: 'string' })
  return workspace
}

async function catalog() {
  const api = connect(CatalogApi)
  const seen = []
  for (let cursor; ; ) {
    const page = await data(api.getSourcesCatalog({ count: 5, cursor }))
    has(page.pagination, paginationFields)
    assert.ok(page.sourcesCatalog.length <= 5)
    seen.push(...page.sourcesCatalog)
    cursor = page.pagination.next
    if (!cursor) {
      assert.equal(seen.length, page.pagination.totalEntries)
      break
    }
  }
  for (const metadata of seen) {
    has(metadata, sourceMetadataFields)
    has(metadata.logos, { default: 'string' })
    for (const option of metadata.options) has(option, optionFields)
  }
  const { sourceMetadata } = await data(api.getSourceMetadata('javascript'))
  assert.deepEqual(sourceMetadata, seen.find((m) => m.id === 'javascript'))

  const { destinationsCatalog } = await data(api.getDestinationsCatalog({ count: 200 }))
  for (const metadata of destinationsCatalog) {
    has(metadata, destinationMetadataFields)
    for (const option of metadata.options) has(option, optionFields)
  }
  const { destinationMetadata } = await data(api.getDestinationMetadata('webhook'))
  assert.equal(destinationMetadata.status, 'PUBLIC')
  assert.equal(destinationMetadata.supportedMethods.track, true)
}

async function sources({ id: workspaceId }) {
  const api = connect(SourcesApi)
  const created = await data(api.createSource({ slug: 'e2e-segment-web', enabled: true, metadataId: 'javascript', settings: {} }))
  const { source } = created
  has(source, sourceFields)
  has(source.metadata, sourceMetadataFields)
  assert.equal(source.slug, 'e2e-segment-web')
  assert.equal(source.workspaceId, workspaceId)
  assert.equal(source.metadata.slug, 'javascript')
  assert.equal(source.writeKeys.length, 1)
  await data(api.createSource({ slug: 'e2e-segment-api', enabled: false, metadataId: 'go' }))

  const all = []
  for (let cursor; ; ) {
    const page = await data(api.listSources({ count: 1, cursor }))
    assert.equal(page.sources.length, 1)
    has(page.pagination, paginationFields)
    all.push(...page.sources)
    cursor = page.pagination.next
    if (!cursor) break
  }
  assert.ok(all.some((s) => s.id === source.id && s.enabled))
  assert.ok(all.some((s) => s.id === 'e2e-segment-api' && !s.enabled))
  assert.deepEqual((await data(api.getSource(source.id))).source, source)

  const updated = await data(api.updateSource(source.id, { name: 'Shop (web)', enabled: false }))
  assert.equal(updated.source.name, 'Shop (web)')
  assert.equal(updated.source.enabled, false)
  assert.equal(updated.source.slug, 'e2e-segment-web')

  const keyed = await data(api.createWriteKeyForSource(source.id))
  assert.equal(keyed.source.writeKeys.length, 2)
  assert.equal(keyed.source.writeKeys[0], source.writeKeys[0])
  const removed = await data(api.removeWriteKeyFromSource(source.id, source.writeKeys[0]))
  assert.equal(removed.status, 'SUCCESS')
  assert.deepEqual((await data(api.getSource(source.id))).source.writeKeys, [keyed.source.writeKeys[1]])
  return source.id
}

async function destinations(sourceId) {
  const api = connect(DestinationsApi)
  const settings = { url: 'https://example.com/hook', sharedSecret: 'e2e-s3cret' }
  const { destination } = await data(api.createDestination({ sourceId, metadataId: 'webhook', enabled: false, name: 'E2E hook', settings }))
  has(destination, destinationFields)
  has(destination.metadata, destinationMetadataFields)
  assert.equal(destination.sourceId, sourceId)
  assert.notEqual(destination.settings.sharedSecret, settings.sharedSecret)
  assert.deepEqual((await data(api.getDestination(destination.id))).destination, destination)

  const { destination: changed } = await data(api.updateDestination(destination.id, { name: 'Renamed', settings: { ...destination.settings, method: 'PUT' } }))
  assert.equal(changed.name, 'Renamed')
  assert.equal(changed.settings.method, 'PUT')
  assert.equal(changed.settings.url, 'https://example.com/hook')

  const list = await data(api.listDestinations({ count: 200 }))
  assert.ok(list.destinations.some((d) => d.id === destination.id))
  const connected = await data(connect(SourcesApi).listConnectedDestinationsFromSource(sourceId, { count: 10 }))
  assert.deepEqual(connected.destinations.map((d) => d.id), [destination.id])

  await refused(api.createDestination({ sourceId, metadataId: 'webhook', settings: {} }), 422, 'settings.url')
  assert.equal((await data(api.deleteDestination(destination.id))).status, 'SUCCESS')
  await refused(api.getDestination(destination.id), 404)
}

/** Asserts that a call fails as the client expects failures. */
async function refused(call, status, field) {
  const error = await call.then(() => assert.fail('the call succeeded'), (e) => e)
  assert.equal(error.name, 'HttpError', String(error))
  assert.equal(error.statusCode, status)
  assert.ok(error.body.errors.length > 0)
  has(error.body.errors[0], { type: 'string', message: 'string' })
  if (field) assert.equal(error.body.errors[0].field, field)
}

async function people(sourceId) {
  const { users } = await data(connect(IAMUsersApi).listUsers({ count: 10 }))
  for (const user of users) has(user, { id: 'string', name: 'string', email: 'string', permissions: 'array' })
  const { events } = await data(connect(AuditTrailApi).listAuditEvents({ count: 3 }, undefined, undefined, sourceId))
  assert.equal(events.length, 3)
  for (const event of events) {
    has(event, { id: 'string', timestamp: 'string', type: 'string', actor: 'string', resourceId: 'string', resourceType: 'string', resourceName: 'string' })
  }
}

const here = await workspace()
await catalog()
const source = await sources(here)
await destinations(source)
await people(source)
const api = connect(SourcesApi)
for (const id of [source, 'e2e-segment-api']) assert.equal((await data(api.deleteSource(id))).status, 'SUCCESS')
await refused(api.getSource(source), 404)
const stranger = connect(SourcesApi)
stranger.accessToken = 'nobody'
await refused(stranger.listSources({ count: 1 }), 401)
console.log('the management API answers as Segment\'s client expects')
