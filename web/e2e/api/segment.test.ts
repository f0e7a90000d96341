import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secant } from '../support/secant.ts'

let secant: Secant

beforeAll(async () => {
  secant = await Secant.start()
})
afterAll(() => secant?.stop())

test("Segment's client for its Public API drives the management API", async () => {
  const script = new URL('segment.mjs', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    env: { ...process.env, SECANT_URL: secant.url, SECANT_ADMIN_TOKEN: secant.token },
  })
  expect(stdout).toContain('as Segment\'s client expects')
})
