/** `provision doctor`: what the box's doctor finds, to be read at a glance. */
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import { passedOn } from './arguments.ts';
import { runBox } from './box-process.ts';
import type { Command } from './command.ts';

export const doctor: Command = {
  summary: 'look at everything the box on this machine stands on, and say what to do',
  help: `Exit code 1 if anything fails. Nothing is changed, and the box may be running.

  --json             one JSON object a line`,
  operands: [],
  options: { json: { type: 'boolean' } },
  async run({ options, io }) {
    const counts = { pass: 0, warn: 0, fail: 0 };
    const isJson = options.json === true;
    const isWell = await runBox(['doctor', ...passedOn(options, ['config', 'data-dir'])], io, line => {
      if (isJson) io.print(JSON.stringify(line));
      if (line.kind !== 'check') return;
      counts[line.check.state] += 1;
      if (!isJson) for (const text of shown(line.check)) io.print(text);
    });
    if (!isJson) io.print(`\n${verdict(counts)}`);
    return isWell;
  },
};

const MARKS: Readonly<Record<Check['state'], string>> = { pass: '  ok  ', warn: ' WARN ', fail: ' FAIL ' };
const NAME_WIDTH = 16;

/** Pure. */
export function shown({ name, state, found, cure }: Check): string[] {
  const first = `${MARKS[state]} ${name.padEnd(NAME_WIDTH)} ${found}`;
  return cure === null ? [first] : [first, `${' '.repeat(MARKS.pass.length + NAME_WIDTH + 2)}-> ${cure}`];
}

function verdict({ pass, warn, fail }: Record<Check['state'], number>): string {
  const warnings = warn === 0 ? '' : `, ${warn} to look at`;
  if (fail > 0)
    return `${fail} ${fail === 1 ? 'thing fails' : 'things fail'}${warnings}, ${pass === 1 ? '1 is' : `${pass} are`} well.`;
  return warn === 0 ? 'All is well.' : `It can sell${warnings}.`;
}
