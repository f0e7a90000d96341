import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    globalSetup: ['support/binary.setup.ts'],
    // Every test file starts servers and most a browser: two at a time keep a
    // small machine responsive enough for the time limits below.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
