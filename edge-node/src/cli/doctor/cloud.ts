/** Is the cloud there, does it still know this box, and what time does it think it is? */
import { Fault, faultCode } from '@pulsera/firmware-protocol/fault';
import type { PlanVersion } from '@pulsera/firmware-protocol/ids';
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import { reasonOf } from '@pulsera/firmware-protocol/wire/connection-reason';
import { openPlan } from '@pulsera/firmware-protocol/wire/plan';
import { Agent, request } from 'undici';
import type { Config } from '../../config.ts';
import { type CloudHttp, cloudHttp } from '../../sync/cloud-http.ts';
import { httpsLink } from '../../sync/https-link.ts';
import { caOf } from '../settings.ts';
import { type Box, duration, fail, failedBy, type Ports, pass, warn } from './look.ts';

const CLOUD = 'cloud';
const CLOCK = 'clock';
const DEADLINE_MS = 8_000;
/** A Date header counts whole seconds, and the way there takes some of one. */
const CLOCK_EXACT_MS = 3_000;
/** Receipts and reports would show the wrong business day; nothing stops selling for it. */
const CLOCK_WRONG_MS = 5 * 60_000;

interface Answer {
  readonly status: number;
  /** The cloud's clock minus this machine's; undefined when it told no date. */
  readonly aheadMs: number | undefined;
  readonly tookMs: number;
}

/** `newestPlan`: above the version held; undefined when there is none, or nobody could be asked. */
export interface CloudFindings {
  readonly checks: readonly Check[];
  readonly newestPlan: PlanVersion | undefined;
}

export async function checkCloud(
  config: Config,
  box: Box | undefined,
  held: PlanVersion,
  ports: Ports,
): Promise<CloudFindings> {
  const { url } = config.cloud;
  let answer: Answer;
  try {
    answer = await ask(config, ports);
  } catch (error) {
    const check =
      error instanceof Fault
        ? failedBy(CLOUD, error)
        : fail(
            CLOUD,
            `nobody answers at ${url}`,
            `${upper(reasonOf(error))}. Selling goes on, and the journal is sent later.`,
          );
    return {
      checks: [check, warn(CLOCK, 'nobody to compare with', 'Look again when the cloud answers.')],
      newestPlan: undefined,
    };
  }
  const clock = judgeClock(answer.aheadMs);
  const reached = `${url} answers in ${Math.round(answer.tookMs)} ms`;
  if (answer.status !== 200) {
    const cure = 'Tell whoever runs the cloud; selling goes on, and the journal is sent later.';
    return {
      checks: [fail(CLOUD, `${reached}, but with status ${answer.status}`, cure), clock],
      newestPlan: undefined,
    };
  }
  if (box === undefined)
    return {
      checks: [pass(CLOUD, `${reached}; not signed in, since this is no box yet`), clock],
      newestPlan: undefined,
    };
  const { check, newestPlan } = await signIn(box, held, reached, ports);
  return { checks: [check, clock], newestPlan };
}

async function ask({ cloud }: Config, ports: Ports): Promise<Answer> {
  const ca = caOf(cloud, ports);
  const agent = new Agent({ connect: { timeout: DEADLINE_MS, ...(ca === undefined ? {} : { ca }) } });
  try {
    const startedMs = ports.clock.monoMs();
    const { statusCode, headers, body } = await request(new URL('/health', cloud.url), {
      dispatcher: agent,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const tookMs = ports.clock.monoMs() - startedMs;
    await body.dump();
    const toldMs = Date.parse(String(headers.date));
    // Half a second: on average that much of it is cut off.
    const aheadMs = Number.isNaN(toldMs) ? undefined : toldMs + 500 + tookMs / 2 - ports.clock.wallMs();
    return { status: statusCode, aheadMs, tookMs };
  } finally {
    await agent.destroy();
  }
}

/** Pure. @param aheadMs the cloud's clock minus ours */
export function judgeClock(aheadMs: number | undefined): Check {
  if (aheadMs === undefined)
    return warn(CLOCK, 'the cloud told no time', 'Compare the clock by hand: date -u');
  const off = Math.abs(aheadMs);
  if (off <= CLOCK_EXACT_MS) return pass(CLOCK, 'as the cloud has it');
  const found = `${duration(off)} ${aheadMs > 0 ? 'behind' : 'ahead of'} the cloud`;
  const cure = 'Set it: timedatectl set-ntp true (selling goes on meanwhile; receipts show the wrong time).';
  return off <= CLOCK_WRONG_MS ? warn(CLOCK, found, cure) : fail(CLOCK, found, cure);
}

async function signIn(
  { config, credentials }: Box,
  held: PlanVersion,
  reached: string,
  ports: Ports,
): Promise<{ check: Check; newestPlan: PlanVersion | undefined }> {
  const { tenantId, eventId, boxId } = credentials.enrolment;
  let http: CloudHttp | undefined;
  try {
    http = cloudHttp({ url: config.cloud.url, ca: caOf(config.cloud, ports) });
    const { sign } = credentials.identity;
    const link = httpsLink({
      http,
      box: { tenantId, eventId, boxId },
      sign,
      monoMs: () => ports.clock.monoMs(),
    });
    const plan = await link.plan(held, AbortSignal.timeout(DEADLINE_MS));
    const newestPlan = plan === undefined ? undefined : openPlan(plan, credentials.cloudVerify).version;
    return { check: pass(CLOUD, `${reached} and knows this box (${boxId})`), newestPlan };
  } catch (error) {
    return { check: refused(error, reached, boxId), newestPlan: undefined };
  } finally {
    await http?.close();
  }
}

function refused(error: unknown, reached: string, boxId: number): Check {
  const code = faultCode(error);
  if (code === 'box-revoked') {
    const cure =
      'If that was a mistake, enrol this machine again: an empty data folder and a new code. What it sells from now on is quarantined.';
    return fail(CLOUD, `${reached} and has revoked this box (${boxId})`, cure);
  }
  if (code === 'session-refused') {
    const cure =
      'Check that cloud.url is the cloud this box was enrolled with; another one does not know it.';
    return fail(CLOUD, `${reached} and does not know this box (${boxId})`, cure);
  }
  return failedBy(CLOUD, error);
}

const upper = (sentence: string) => sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
