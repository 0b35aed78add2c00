/** Imported before a box, it takes the box's syncs away: SQLite answers before the disk has anything. A planted fault for the power cuts to find. */
import { registerHooks } from 'node:module';

const [RIGHT, WRONG] = ["'synchronous = FULL'", "'synchronous = OFF'"];

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/edge-node/src/journal/database.ts')) return loaded;
    const source = String(loaded.source);
    if (!source.includes(RIGHT)) throw new Error(`there is no ${RIGHT} to be replaced`);
    return { ...loaded, source: source.replace(RIGHT, WRONG) };
  },
});
