import { defineConfig } from 'vitest/config';

/** Tests of the plain Node suites cannot reach VS Code: `vscode` has no file to resolve to. */
const plain = { environment: 'node', pool: 'forks' } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...plain,
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...plain,
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...plain,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          // A whole window on a busy machine loses a click now and then; what needed it is marked “retry x1”.
          retry: 1,
        },
      },
    ],
  },
});
