import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: '../vitest.setup.ts',
    globalSetup: './test/postgres.ts',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
