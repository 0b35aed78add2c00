/** Imported before a program, it replaces a piece of one of its sources: a planted fault, which a runner has to find. See `planted.ts`. */
import { registerHooks } from 'node:module';

const { file, right, wrong } = JSON.parse(process.env.PULSERA_PLANTED ?? '{}');

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith(file)) return loaded;
    const source = String(loaded.source);
    if (!source.includes(right)) throw new Error(`there is no ${right} to be replaced`);
    return { ...loaded, source: source.replace(right, wrong) };
  },
});
