import { defineConfig } from 'vitest/config';

// Real sockets, disks and processes: room for a slow machine, and a failure rather than a hang.
export default defineConfig({
  test: {
    setupFiles: '../vitest.setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
