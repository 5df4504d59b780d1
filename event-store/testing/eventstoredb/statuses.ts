/** Refusals as a real server words them: a status with trailers, which the client makes its errors of. */
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Endpoint } from './faults.ts';

type Refusal = Pick<ServiceError, 'code' | 'details'> & { readonly metadata?: Metadata };

function refusal(code: status, details: string, trailers: Readonly<Record<string, string>> = {}): Refusal {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return { code, details, metadata };
}

/** What a server says of a mistake it did not foresee. */
export const handlerFailed = () => refusal(status.UNKNOWN, 'Exception was thrown by handler.');

export const readFailed = (result: 'ReadStreamResult' | 'ReadAllResult') =>
  refusal(status.UNKNOWN, `Unexpected ${result}: Error`);

export const invalidArgument = (details: string) => refusal(status.INVALID_ARGUMENT, details);

export const accessDenied = () => refusal(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const notLeader = (leader: Endpoint) =>
  refusal(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': leader.host,
    'leader-endpoint-port': String(leader.port),
  });

export const streamDeleted = (stream: string) =>
  refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const timedOut = (what: string) => refusal(status.ABORTED, `Operation timed out: ${what}`);

export const appendTooLarge = (bytes: number) =>
  refusal(status.INVALID_ARGUMENT, `Maximum Append Size of ${bytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(bytes),
  });

export const metadataMissing = (property: string) =>
  refusal(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

/** Only deleting says it so; an append answers with a message of its own. */
export const wrongExpectedVersion = (stream: string, expected: number, actual: number) =>
  refusal(
    status.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expected),
      'actual-version': String(actual),
    },
  );

/** Thrown where a call is read, answered by whoever serves the call. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(of: Refusal) {
    super(of.details);
    this.name = 'Refused';
    this.refusal = of;
  }
}

export type { Refusal };
