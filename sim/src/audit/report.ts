/** The audit as a person reads it: a table of checks, then the first offenders of each that fails. */
import type { Audit } from './audit.ts';
import { CHECKS, type Check } from './findings.ts';

export function report({ event, entries, findings }: Audit): string {
  const about = event
    ? `${event.name} (event ${event.event}, ${event.currency}), exported ${new Date(event.madeAtMs).toISOString()}`
    : 'an archive that does not say of what';
  const rows = Object.entries(CHECKS) as [Check, string][];
  const width = Math.max(...rows.map(([, title]) => title.length));
  const lines = [`Audit of ${about}: ${entries} entries`, ''];
  for (const [check, title] of rows) {
    const { looked, failed, open, excused } = findings.tallies[check];
    const result = failed > 0 ? `${failed} FAILED` : 'holds';
    const notes = [open > 0 ? `${open} open` : '', excused > 0 ? `${excused} named by a case` : ''];
    const note = notes.filter(text => text !== '').join(', ');
    lines.push(`${title.padEnd(width)}  ${String(looked).padStart(9)}  ${result}${note ? ` (${note})` : ''}`);
  }
  for (const [check, title] of rows) {
    const { failures, failed, opens, open } = findings.tallies[check];
    if (failed > 0) lines.push('', `FAILED: ${title}`, ...listed(failures, failed));
    if (open > 0) lines.push('', `Open: ${title}`, ...listed(opens, open));
  }
  lines.push('', findings.holds ? 'Everything holds.' : 'This event does NOT hold.');
  return `${lines.join('\n')}\n`;
}

function listed(texts: readonly string[], count: number): string[] {
  const more = count - texts.length;
  return [...texts.map(text => `  ${text}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** The same for machines. */
export function reportJson({ event, entries, findings }: Audit): unknown {
  return { event: event ?? null, entries, holds: findings.holds, checks: findings.tallies };
}
