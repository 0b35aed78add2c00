/** A finding as a person reads it: what must hold, what doesn't, and everything seen of the tap and the wristband that it hurt. */
import { CHECKS } from './auditor.ts';
import type { Finding } from './finding.ts';
import type { Notebook } from './notebook.ts';
import type { Visit } from './visit.ts';

export function describe(finding: Finding, notebook: Notebook): string {
  const { check, what, guest, uid, tapId, refs = [] } = finding;
  const sentence = CHECKS.find(({ name }) => name === check)?.sentence ?? '';
  const about = [
    guest === undefined ? '' : `guest ${guest}`,
    uid === undefined ? '' : `wristband ${uid}`,
    tapId === undefined ? '' : `tap ${tapId}`,
  ].filter(text => text !== '');
  const visit = notebook.visits.get(tapId ?? '');
  const visits = visit ? [visit] : notebook.visitsOf(uid ?? '').slice(-LATEST);
  return [
    `${check}: ${sentence}.`,
    `  at ${seconds(finding.atMs)}: ${what}`,
    ...(about.length > 0 ? [`  ${about.join(', ')}`] : []),
    ...refs.map(ref => `  entry ${ref}: ${entryText(ref, notebook)}`),
    ...visits.flatMap(visitLines),
  ].join('\n');
}

/** Of a wristband that was hurt by no tap in particular, its latest. */
const LATEST = 5;

function entryText(ref: string, { disk, lost, cloud }: Notebook): string {
  const stored = disk.entries.get(ref) ?? lost.entries.get(ref) ?? cloud.entries.get(ref);
  if (!stored) return 'nowhere';
  const where = [
    disk.entries.has(ref) ? 'on disk' : '',
    lost.entries.has(ref) ? 'lost with its disk' : '',
    cloud.entries.has(ref) ? 'in the cloud' : '',
  ].filter(text => text !== '');
  return `${stored.read?.kind ?? 'unreadable'}, ${where.join(', ')}`;
}

function visitLines({ tapId, till, box, leaf, amountMinor, askedMs, touches, screens, handedMinor }: Visit) {
  const asked = amountMinor === null ? leaf : `${leaf} of ${amountMinor}`;
  const cash = handedMinor === 0 ? '' : `, ${handedMinor} handed over`;
  return [
    `  ${seconds(askedMs)} ${till} at box ${box}: ${asked} (${tapId})${cash}`,
    ...touches.map(({ thing, uid }) => `    held out: ${thing === uid ? uid : `${thing}, a copy of ${uid}`}`),
    ...screens.map(screen => `    screen: ${JSON.stringify(screen)}`),
  ];
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
