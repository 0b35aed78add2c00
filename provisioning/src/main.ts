#!/usr/bin/env node
/** What a technician on site types. Only here are the real terminal, clock, dice and process. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Io } from './io.ts';
import { run } from './run.ts';

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
// The first Ctrl-C ends what can be ended cleanly; a second one is for the impatient.
process.once('SIGINT', () => stop.abort());

const CLEAR_LINE = '\r\u001b[2K';

const io: Io = {
  env: process.env,
  print: line => void process.stdout.write(`${line}\n`),
  complain: line => void process.stderr.write(`${line}\n`),
  repaint: process.stdout.isTTY ? line => void process.stdout.write(`${CLEAR_LINE}${line}`) : undefined,
  monoMs: () => performance.now(),
  random: length => new Uint8Array(randomBytes(length)),
  readFile: path => readFileSync(path, 'utf8'),
  signal: stop.signal,
};

process.exitCode = await run(process.argv.slice(2), io);
