#!/usr/bin/env node
/** Where a box's program begins. */
import './memory.js';

await import('./main.ts');
