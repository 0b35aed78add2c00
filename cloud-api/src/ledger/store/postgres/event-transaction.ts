import type { EventId } from '@pulsera/firmware-protocol/ids';
import type { TenantTransaction } from '../../../database/with-tenant.ts';

/** A transaction, and the event whose rows it is about. */
export interface EventTransaction extends Pick<TenantTransaction, 'tenantId' | 'client'> {
  readonly eventId: EventId;
}
