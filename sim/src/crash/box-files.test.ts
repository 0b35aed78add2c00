/** The files that a box can't do without, after the power went right behind the call that wrote them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '@pulsera/edge-node/identity/atomic-file';
import { openWriter } from '@pulsera/edge-node/journal/database';
import { planFile } from '@pulsera/edge-node/plan/file';
import { expect, test } from 'vitest';
import { twins } from '../../test/twins.ts';

const seen = twins();
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

test('what was committed to the journal is there', () => {
  const found = seen(
    `const db = openWriter('journal.sqlite');
     db.exec('CREATE TABLE entry (at)');
     for (let at = 0; at < 3; at++) db.exec('INSERT INTO entry VALUES (1)');`,
    folder => {
      const db = openWriter(join(folder, 'journal.sqlite'));
      const count = db.prepare('SELECT count(*) FROM entry').pluck().get();
      db.close();
      return count;
    },
    `import { ${openWriter.name} } from '@pulsera/edge-node/journal/database';`,
  );
  expect(found).toEqual(new Set([3]));
});

test('a plan that was put in place is there whole', () => {
  const found = seen(
    `planFile('old').prepare(new TextEncoder().encode('a new plan'))();`,
    folder => textOf(planFile(join(folder, 'old')).read()),
    `import { ${planFile.name} } from '@pulsera/edge-node/plan/file';`,
  );
  expect(found).toEqual(new Set(['a new plan']));
});

test('a plan that was only prepared leaves the old one', () => {
  const found = seen(
    `planFile('old').prepare(new TextEncoder().encode('a new plan'));`,
    folder => textOf(planFile(join(folder, 'old')).read()),
    `import { ${planFile.name} } from '@pulsera/edge-node/plan/file';`,
  );
  expect(found).toEqual(new Set(['old content']));
});

test('a secret that was written is there whole, and nothing beside it', () => {
  const found = seen(
    `writeAtomically('old', new TextEncoder().encode('a new key'));`,
    folder => `${textOf(planFile(join(folder, 'old')).read())} in ${readdirSync(folder).sort()}`,
    `import { ${writeAtomically.name} } from '@pulsera/edge-node/identity/atomic-file';`,
  );
  expect(found).toEqual(new Set(['a new key in old,other']));
});
