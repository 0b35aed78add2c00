import { defineConfig } from 'vitest/config';

// Against a real cloud on a real PostgreSQL, and the box's own program in real processes.
export default defineConfig({
  test: {
    setupFiles: '../vitest.setup.ts',
    globalSetup: '../cloud-api/test/postgres.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
