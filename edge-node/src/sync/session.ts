/** A box's session with the cloud: a challenge, signed, buys a token. No clock is asked but the monotonic one. */
import type { BoxId, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { Sign } from '@pulsera/firmware-protocol/journal/cose';
import { ChallengeAnswer, SessionAnswer, signNonce } from '@pulsera/firmware-protocol/wire/enrolment';
import { type CloudHttp, readAnswer } from './cloud-http.ts';

export interface SessionOptions {
  readonly http: CloudHttp;
  readonly box: { readonly tenantId: TenantId; readonly eventId: EventId; readonly boxId: BoxId };
  readonly sign: Sign;
  readonly monoMs: () => number;
  readonly deadlineMs: number;
  /** The cloud's clock, each time a session begins, to compare one's own with. */
  readonly cloudTime?: (wallMs: number) => void;
}

/** A token is renewed when this share of its life is over, so that it doesn't end on the way. */
const USED_SHARE = 0.9;

export class Session {
  readonly #options: SessionOptions;
  #token: { readonly text: string; readonly goodUntilMs: number } | undefined;
  #opening: Promise<string> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** @throws Fault as `CloudHttp.send` */
  async token(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.#options.monoMs() < this.#token.goodUntilMs)
      return this.#token.text;
    // The loops of sync need one at the same time; one opens it for all.
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  /** The cloud doesn't take it any more. */
  forget(token: string): void {
    if (this.#token?.text === token) this.#token = undefined;
  }

  async #open(signal: AbortSignal): Promise<string> {
    const { http, box, sign, monoMs, deadlineMs, cloudTime } = this.#options;
    const post = (path: string, json: unknown) =>
      http.send({ method: 'POST', path, json, deadlineMs, signal });
    const { nonce } = readAnswer(ChallengeAnswer, await post('/v1/edge/challenges', box));
    const { token, expiresInMs, wallMs } = readAnswer(
      SessionAnswer,
      await post('/v1/edge/sessions', signNonce(nonce, sign)),
    );
    cloudTime?.(wallMs);
    this.#token = { text: token, goodUntilMs: monoMs() + USED_SHARE * expiresInMs };
    return token;
  }
}
