/**
 * Keeps a box small: 150 MB of resident memory is what it may take of a small machine. Imported for what it does, before anything else:
 * what is loaded already can't be made smaller any more. Works however the box is started, by npm, by its `bin` or by a supervisor's
 * own command line, since it needs no option of Node's. docs/performance.md says what each measure saves.
 *
 * JavaScript, and so is edge.js: a single file with types would bring in what strips them.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/** By then everything that selling needs is loaded. */
const FLUSH_MS = 10_000;
/** No other user may write there: code comes out of it. `NODE_COMPILE_CACHE` in the environment goes before it. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/pulsera-edge', import.meta.url));

// V8 lets its young generation grow to 32 MB of short-lived objects before it looks what can go, and seldom gives them back. It reads
// this factor each time it would grow; `max-semi-space-size` counts only on the command line.
setFlagsFromString('--semi-space-growth-factor=1');
// And it lets the old one grow to several times what is in use, as long as the machine has memory. With this it collects when a third
// has come on top. No limit: a heap that needs more still gets it.
setFlagsFromString('--heap-growing-percent=30');
// Node strips types with a compiler in WebAssembly that stays in memory (30 MB with its text, its code and its heap). From the second
// start on the cache holds what it made, and it isn't loaded. Where the folder can't be written nothing is lost but that.
enableCompileCache(CACHE);
// Node does it when it exits, and a box whose power goes never does.
setTimeout(flushCompileCache, FLUSH_MS).unref();
