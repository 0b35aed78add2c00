/** Numbers in paths. What PostgreSQL's integer can't hold was never given out, so it isn't accepted either. */
import { BoxId, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';

const digits = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'a positive number')
  .transform(Number);
const MAX = 0x7fff_ffff;

export const TenantPath = z.strictObject({ tenantId: digits.pipe(TenantId.max(MAX)) });
export const EventPath = TenantPath.extend({ eventId: digits.pipe(EventId.max(MAX)) });
export const BoxPath = EventPath.extend({ boxId: digits.pipe(BoxId.min(1)) });

export const EVENT_URL = '/v1/tenants/:tenantId/events/:eventId';
