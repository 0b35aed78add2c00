/** Who stands where: each till is opened, with what it sells, and with the field in which wristbands are held out. */
import type { StandId } from '@pulsera/firmware-protocol/ids';
import type { VirtualFault } from '@pulsera/firmware-protocol/virtual/faults';
import type { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { CatalogueRow } from './catalogue.ts';
import type { HeldTill } from './held-till.ts';
import { openTill } from './open-till.ts';
import type { HandTill, Site, SiteTill } from './site.ts';
import type { StaffedTill } from './staff.ts';
import type { Field } from './visit.ts';

export interface Staffing {
  readonly site: Pick<Site, 'boxes'>;
  readonly catalogue: readonly CatalogueRow[];
  /** In front of each PC/SC reader of the demo's own, by the reader's name. */
  readonly fields: ReadonlyMap<string, Field>;
}

const REPLUG_MS = 250;

export async function staff(till: SiteTill, options: Staffing): Promise<StaffedTill> {
  const at = options.site.boxes[till.box];
  if (!at) throw new RangeError(`there is no box ${till.box}`);
  return {
    id: till.id,
    box: till.box,
    kind: till.kind,
    stand: till.stand as StandId,
    products: soldAt(till, options.catalogue).map(({ product }) => product),
    ...(await openTill(at.box, till.id)),
    field: (till.pcsc && options.fields.get(till.pcsc)) || fieldOf(till.reader),
    isTimed: till.pcsc === undefined,
    errands: [],
  };
}

export async function staffByHand(
  { id, stand, reader }: HandTill,
  { site, catalogue }: Staffing,
): Promise<HeldTill> {
  const [cheapest] = soldAt({ stand }, catalogue);
  if (cheapest === undefined) throw new RangeError(`${stand} sells nothing`);
  const { product, name, priceMinor, depositMinor } = cheapest;
  return {
    ...(await openTill(site.boxes[0].box, id)),
    reader,
    product: { id: product, name, costMinor: priceMinor + depositMinor },
  };
}

/** The cheapest first; what is given back last. */
function soldAt(
  { stand }: Pick<SiteTill, 'stand'>,
  catalogue: readonly CatalogueRow[],
): readonly CatalogueRow[] {
  const costMinor = ({ priceMinor, depositMinor }: CatalogueRow) =>
    depositMinor < 0 ? Number.MAX_SAFE_INTEGER : priceMinor + depositMinor;
  return catalogue.filter(row => row.stand === stand).toSorted((a, b) => costMinor(a) - costMinor(b));
}

/** A virtual reader whose cable somebody plugs in again, when that was what went wrong. */
function fieldOf(reader: VirtualReader): Field {
  reader.onSignal(signal => {
    if (signal.kind === 'down') setTimeout(() => void reader.plug(), REPLUG_MS);
  });
  return {
    present: chip => reader.present(chip),
    remove: chip => reader.remove(chip),
    arm: (fault: VirtualFault) => reader.arm(fault),
    disarm: () => reader.disarm(),
  };
}
