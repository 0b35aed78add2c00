import type { CloudLink } from '@pulsera/edge-node/sync/cloud-link';
import type { BoxId } from '@pulsera/firmware-protocol/ids';

/** The cloud behind its sockets: what it answers each box, whose call it knows to be that box's. */
export interface CloudServer {
  serve(box: BoxId): CloudPort;
}

/** As `CloudLink`, without the line in between: no signal, and nothing ever takes too long. */
export type CloudPort = {
  readonly [Name in keyof CloudLink]: (
    ...given: WithoutSignal<Parameters<CloudLink[Name]>>
  ) => ReturnType<CloudLink[Name]>;
};

type WithoutSignal<Given extends readonly unknown[]> = Given extends readonly [
  ...infer Rest,
  signal: AbortSignal,
]
  ? Rest
  : never;
