import { defineConfig } from 'vitest/config'

// Takes pictures of every page instead of testing it: npm run screenshots -w e2e,
// with SECANT_SCREENSHOTS naming the folder they go to.
export default defineConfig({
  test: {
    include: ['screenshots.ts'],
    globalSetup: ['support/binary.setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
})
