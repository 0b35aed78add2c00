import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OPENAPI_FILE, openapiText } from './openapi.ts';

test('openapi.json is what the routes are (else run: npm run openapi -w cloud-api)', async () => {
  expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(await openapiText());
});

test('every route names its operation and its errors, and says who may call it', async () => {
  const { paths } = JSON.parse(await openapiText()) as { paths: Record<string, Record<string, Operation>> };
  interface Operation {
    operationId?: string;
    security?: unknown[];
    responses: Record<string, unknown>;
  }
  const open = new Set(['health', 'enrol', 'challenge', 'openSession']);
  const seen = new Set<string>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const where = `${method} ${path}`;
      expect(operation.operationId, where).toBeTypeOf('string');
      expect(seen.has(operation.operationId ?? ''), where).toBe(false);
      seen.add(operation.operationId ?? '');
      if (operation.operationId === 'health') continue;
      expect(Object.keys(operation.responses), where).toEqual(expect.arrayContaining(['4XX', '5XX']));
      expect(operation.security === undefined, where).toBe(open.has(operation.operationId ?? ''));
    }
  }
});
