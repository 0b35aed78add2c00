/** The parts of a route's schema that are the same for all routes of a kind. */
import type { z } from 'zod';
import { ErrorBody } from './errors.ts';
import type { bytesAnswer } from './send-bytes.ts';

/** JSON by its schema, or bytes: `bytesAnswer`. */
type Answer = z.ZodType | ReturnType<typeof bytesAnswer>;

const described = <Security extends string>(security: Security) => {
  return <Answers extends Record<number, Answer>>(operationId: string, tag: string, answers: Answers) => ({
    operationId,
    tags: [tag],
    security: [{ [security]: [] }],
    response: { ...answers, '4xx': ErrorBody, '5xx': ErrorBody },
  });
};

export const adminRoute = described('admin');
export const edgeRoute = described('edge');

/** Open to anybody who can reach us: enrolling and signing in. */
export const openRoute = <Answers extends Record<number, Answer>>(
  operationId: string,
  tag: string,
  answers: Answers,
) => ({ operationId, tags: [tag], response: { ...answers, '4xx': ErrorBody, '5xx': ErrorBody } });
